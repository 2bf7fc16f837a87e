# Bad input is refused before anything is planned.

mock_provider "aws" {
  source = "./tests/terraform/mocks"
}

mock_provider "random" {}

run "bad_values_are_refused" {
  command = plan

  variables {
    alarm_emails              = ["operators"]
    architecture              = "arm"
    artifacts_directory       = "target/lambda/"
    domain                    = "https://election.example"
    log_retention_days        = 2
    milestone_emails          = ["press"]
    monthly_budget_usd        = 0
    name                      = "Election"
    operator_principals       = ["ana"]
    parent_zone_id            = "election.example"
    price_class               = "all"
    processor                 = "fargate"
    provisioned_concurrency   = { enqueuer = 1 }
    requests_per_five_minutes = 100
    second_copy_delay_seconds = 1000
    votes_per_second          = 0
    warm_throughput           = { read_units_per_second = 1, write_units_per_second = 1 }
  }

  expect_failures = [
    var.alarm_emails,
    var.architecture,
    var.artifacts_directory,
    var.domain,
    var.log_retention_days,
    var.milestone_emails,
    var.monthly_budget_usd,
    var.name,
    var.operator_principals,
    var.parent_zone_id,
    var.price_class,
    var.processor,
    var.provisioned_concurrency,
    var.requests_per_five_minutes,
    var.second_copy_delay_seconds,
    var.votes_per_second,
    var.warm_throughput,
  ]
}

run "a_name_that_is_no_region_is_refused" {
  command = plan

  variables {
    regions = ["us-east-1", "us-east-2", "us-west-2", "virginia"]
  }

  expect_failures = [var.regions]
}

run "no_region_is_refused" {
  command = plan

  variables {
    regions         = []
    replica_regions = []
  }

  expect_failures = [var.regions]
}

run "replicas_outside_the_regions_are_refused" {
  command = plan

  variables {
    regions = ["us-east-1", "us-east-2"]
  }

  expect_failures = [var.replica_regions]
}

run "two_replicas_without_a_witness_are_refused" {
  command = plan

  variables {
    replica_regions = ["us-east-1", "us-east-2"]
  }

  expect_failures = [var.witness_region]
}

run "one_replica_of_several_regions_is_refused" {
  command = plan

  variables {
    replica_regions = ["us-east-1"]
  }

  expect_failures = [var.replica_regions]
}

run "a_nearest_replica_that_is_none_is_refused" {
  command = plan

  variables {
    nearest_replica = { us-east-1 = "eu-west-1" }
  }

  expect_failures = [var.nearest_replica]
}

run "ec2_without_a_program_is_refused" {
  command = plan

  variables {
    processor = "ec2"
  }

  expect_failures = [var.processor_program]
}
