mock_provider "aws" {
  source = "../../tests/terraform/mocks"
}

run "global_tables_are_strong_in_three_regions" {
  command = plan

  assert {
    condition     = toset(keys(aws_dynamodb_table.global)) == toset(["ballots", "conflicts", "elections", "voters"])
    error_message = "Four tables are global."
  }

  assert {
    condition = alltrue([
      for table in values(aws_dynamodb_table.global) : table.region == "us-east-1" && toset(table.replica[*].region_name) == toset(["us-east-2", "us-west-2"])
    ])
    error_message = "The table and two replicas are three."
  }

  assert {
    condition     = alltrue(flatten([for table in values(aws_dynamodb_table.global) : [for replica in table.replica : replica.consistency_mode == "STRONG"]]))
    error_message = "Eventual consistency would let two regions both accept a voter."
  }

  assert {
    condition     = alltrue([for table in values(aws_dynamodb_table.global) : length(table.ttl) == 0 && length(table.local_secondary_index) == 0])
    error_message = "Neither exists with strong consistency."
  }
}

run "ballots_have_a_stream_on_every_replica" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.global["ballots"].stream_enabled && aws_dynamodb_table.global["ballots"].stream_view_type == "NEW_IMAGE"
    error_message = "The home region's stream, with new images."
  }

  assert {
    condition     = toset(keys(terraform_data.stream)) == toset(["us-east-2", "us-west-2"]) && toset(keys(data.aws_dynamodb_table.ballots)) == toset(["us-east-2", "us-west-2"])
    error_message = "The other replicas' streams, switched on and read back."
  }

  assert {
    condition     = alltrue([for table in ["conflicts", "elections", "voters"] : !aws_dynamodb_table.global[table].stream_enabled])
    error_message = "No stream that nobody reads."
  }
}

run "every_replica_region_has_a_stream_arn" {
  command = apply # with the mocks; nothing is called

  assert {
    condition     = toset(keys(output.stream_arns)) == toset(var.replica_regions) && alltrue([for arn in values(output.stream_arns) : strcontains(arn, "/stream/")])
    error_message = "A stream ARN for each replica region."
  }
}

run "keys_are_as_the_program_expects" {
  command = plan

  assert {
    condition = alltrue([
      for name, range in { ballots = "none", conflicts = "envelope", elections = "none", voters = "none" } :
      coalesce(aws_dynamodb_table.global[name].range_key, "none") == range
      && aws_dynamodb_table.global[name].hash_key == (startswith(name, "ballots") || startswith(name, "conflicts") ? "ballot_key" : "id")
    ])
    error_message = "Hash and range keys."
  }

  assert {
    condition = alltrue([
      for name, table in aws_dynamodb_table.global : alltrue([for attribute in table.attribute : attribute.type == (name == "elections" ? "S" : "B")])
    ])
    error_message = "Keys are bytes; an election's id is text."
  }

  assert {
    condition     = aws_dynamodb_table.tallies["us-west-2"].hash_key == "generation" && aws_dynamodb_table.tallies["us-west-2"].range_key == "item"
    error_message = "A tally's keys."
  }

  assert {
    condition     = toset(keys(aws_dynamodb_table.tallies)) == toset(var.replica_regions) && alltrue([for table in values(aws_dynamodb_table.tallies) : length(table.replica) == 0])
    error_message = "A tally in each replica region, none of them replicated."
  }
}

run "everything_is_protected_recoverable_and_encrypted" {
  command = plan

  assert {
    condition = alltrue([
      for table in concat(values(aws_dynamodb_table.global), values(aws_dynamodb_table.tallies)) :
      table.deletion_protection_enabled && table.point_in_time_recovery[0].enabled && table.server_side_encryption[0].kms_key_arn == var.kms_key_arns[table.region]
    ])
    error_message = "Protection, recovery and a key of ours on each table."
  }

  assert {
    condition = alltrue(flatten([
      for table in values(aws_dynamodb_table.global) : [
        for replica in table.replica : replica.deletion_protection_enabled && replica.point_in_time_recovery && replica.kms_key_arn == var.kms_key_arns[replica.region_name]
      ]
    ]))
    error_message = "Replicas don't inherit any of it."
  }
}

run "two_replicas_have_a_witness" {
  command = plan

  variables {
    replica_regions = ["us-east-1", "us-east-2"]
    witness_region  = "us-west-2"
  }

  assert {
    condition     = alltrue([for table in values(aws_dynamodb_table.global) : table.global_table_witness[0].region_name == "us-west-2" && length(table.replica) == 1 && alltrue([for replica in table.replica : replica.consistency_mode == "STRONG"])])
    error_message = "Two replicas and a witness, still strong."
  }

  assert {
    condition     = !contains(keys(aws_dynamodb_table.tallies), "us-west-2")
    error_message = "A witness can't be read, so there is nothing to tally there."
  }
}

run "one_region_is_possible_for_development" {
  command = plan

  variables {
    replica_regions = ["us-east-1"]
  }

  assert {
    condition     = alltrue([for table in values(aws_dynamodb_table.global) : length(table.replica) == 0])
    error_message = "No replicas."
  }
}

run "warm_throughput_is_set_on_request" {
  command = plan

  variables {
    warm_throughput = { read_units_per_second = 60000, write_units_per_second = 30000 }
  }

  assert {
    condition     = aws_dynamodb_table.global["ballots"].warm_throughput[0].write_units_per_second == 30000
    error_message = "As asked for."
  }
}

run "two_replicas_without_a_witness_are_refused" {
  command = plan

  variables {
    replica_regions = ["us-east-1", "us-east-2"]
  }

  expect_failures = [var.witness_region]
}

run "a_witness_beside_three_replicas_is_refused" {
  command = plan

  variables {
    witness_region = "us-east-2"
  }

  expect_failures = [var.witness_region]
}

run "replicas_across_sets_are_refused" {
  command = plan

  variables {
    replica_regions = ["us-east-1", "us-east-2", "eu-west-1"]
  }

  expect_failures = [var.replica_regions]
}

run "four_replicas_are_refused" {
  command = plan

  variables {
    replica_regions = ["eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3"]
    home_region     = "eu-central-1"
  }

  expect_failures = [var.replica_regions]
}

run "another_home_region_is_refused" {
  command = plan

  variables {
    home_region = "us-west-2"
  }

  expect_failures = [var.home_region]
}

run "little_warm_throughput_is_refused" {
  command = plan

  variables {
    warm_throughput = { read_units_per_second = 100, write_units_per_second = 100 }
  }

  expect_failures = [var.warm_throughput]
}
