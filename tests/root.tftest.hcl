# The whole, planned with made-up answers. What matters of each part is asserted in its module.

mock_provider "aws" {
  source = "./tests/terraform/mocks"
}

mock_provider "random" {}

run "three_regions_by_default" {
  command = plan

  assert {
    condition = (
      output.website_url == "https://vote.election.example"
      && output.results_url == "https://results.election.example/results"
      && output.api_url == "https://api.election.example"
    )
    error_message = "Addresses."
  }

  assert {
    condition = jsonencode(output.invocation_urls) == jsonencode({
      us-east-1 = "https://us-east-1.api.election.example"
      us-east-2 = "https://us-east-2.api.election.example"
      us-west-2 = "https://us-west-2.api.election.example"
    })
    error_message = "Each region's API alone."
  }

  assert {
    condition     = toset(keys(module.region)) == toset(["us-east-1", "us-east-2", "us-west-2"])
    error_message = "A region for each of var.regions."
  }

  assert {
    condition     = alltrue([for region in values(module.region) : toset(keys(region.function_policies)) == toset(["health-check", "results", "tally", "vote-enqueuer", "vote-processor"]) && region.queue_visibility_seconds >= 181])
    error_message = "Regions are identical."
  }
}

run "keys_and_operators_know_the_names" {
  command = plan

  assert {
    condition = toset(flatten([
      for statement in jsondecode(module.encryption.policies["ballot-secret"]).Statement : statement.Condition.ArnEquals["aws:PrincipalArn"] if statement.Sid == "UnwrapBallotSecret"
    ])) == toset([for region in var.regions : "arn:aws:iam::123456789012:role/election-${region}-vote-enqueuer"])
    error_message = "The enqueuers of all regions, and nobody else, may decrypt the ballot secret."
  }

  assert {
    condition = toset(keys(output.operator_environment)) == toset([
      "AWS_REGION", "ELECTION_BALLOT_SECRET_KEY", "ELECTION_DEAD_LETTER_QUEUES", "ELECTION_LOG", "ELECTION_QUEUES", "ELECTION_RECORDS_KEY", "ELECTION_REGIONS",
      "ELECTION_REPLICA_REGION", "ELECTION_REPLICA_REGIONS", "ELECTION_SECOND_COPY_DELAY_SECONDS", "ELECTION_TABLE_BALLOTS", "ELECTION_TABLE_CONFLICTS", "ELECTION_TABLE_ELECTIONS",
      "ELECTION_TABLE_TALLIES", "ELECTION_TABLE_VOTERS", "ELECTION_WEBSITE_ORIGIN",
    ])
    error_message = "The operators' command gets every variable."
  }

  assert {
    condition = (
      startswith(output.operator_environment["ELECTION_QUEUES"], "us-east-1=https://sqs.us-east-1.amazonaws.com/123456789012/election-votes,us-east-2=")
      && startswith(output.operator_environment["ELECTION_DEAD_LETTER_QUEUES"], "us-east-1=https://sqs.us-east-1.amazonaws.com/123456789012/election-dead-letters,")
      && output.operator_environment["ELECTION_TABLE_BALLOTS"] == "election-ballots"
      && output.operator_environment["ELECTION_REGIONS"] == "us-east-1,us-east-2,us-west-2"
    )
    error_message = "In the form that the program reads."
  }
}

run "a_fourth_region_uses_the_nearest_replica" {
  command = plan

  variables {
    regions = ["ca-central-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"]
  }

  assert {
    condition     = output.replica_of["us-west-1"] == "us-west-2" && output.replica_of["ca-central-1"] == "us-east-1" && output.replica_of["us-east-2"] == "us-east-2"
    error_message = "Its own, its neighbour's, or home's."
  }

  assert {
    condition     = !contains(keys(module.region["us-west-1"].function_policies), "tally")
    error_message = "No replica, no tally."
  }
}

run "the_nearest_replica_can_be_named" {
  command = plan

  variables {
    regions         = ["ca-central-1", "us-east-1", "us-east-2", "us-west-2"]
    nearest_replica = { ca-central-1 = "us-east-2" }
  }

  assert {
    condition     = output.replica_of["ca-central-1"] == "us-east-2"
    error_message = "As said."
  }
}

run "an_election_elsewhere" {
  command = plan

  variables {
    regions         = ["eu-central-1", "eu-west-1", "eu-west-3"]
    replica_regions = ["eu-central-1", "eu-west-1"]
    witness_region  = "eu-west-3"
  }

  assert {
    condition     = output.replica_of["eu-west-3"] == "eu-west-1" && output.switch_regions["eu-central-1"] == "eu-west-1"
    error_message = "Two replicas and a witness; the witness's region uses its neighbour's replica."
  }
}
