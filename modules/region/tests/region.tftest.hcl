mock_provider "aws" {
  source = "../../tests/terraform/mocks"

  mock_data "aws_ssm_parameter" {
    defaults = {
      value = "ami-00000000000000000"
    }
  }
}

run "the_queue_outlasts_the_processor_that_it_is_given_to" {
  command = plan

  assert {
    condition     = output.queue_visibility_seconds >= 6 * local.processor_timeout_seconds + local.batching_window_seconds && output.queue_visibility_seconds == 200
    error_message = "One time-out goes to both, and the queue's visibility follows."
  }

  assert {
    condition     = length(module.processor_ec2) == 0 && toset(keys(output.function_policies)) == toset(["health-check", "results", "tally", "vote-enqueuer", "vote-processor"])
    error_message = "Functions, and no EC2 unless asked for."
  }

  assert {
    condition     = output.host == "us-east-1.api.election.example"
    error_message = "The region's own name."
  }
}

run "a_region_without_a_replica_has_no_tally" {
  command = plan

  variables {
    replica_region = "us-west-2"
    tables = {
      arns = {
        ballots   = "arn:aws:dynamodb:us-west-2:123456789012:table/election-ballots"
        conflicts = "arn:aws:dynamodb:us-west-2:123456789012:table/election-conflicts"
        elections = "arn:aws:dynamodb:us-west-2:123456789012:table/election-elections"
        tallies   = "arn:aws:dynamodb:us-west-2:123456789012:table/election-tallies"
        voters    = "arn:aws:dynamodb:us-west-2:123456789012:table/election-voters"
      }
      names      = { ballots = "election-ballots", conflicts = "election-conflicts", elections = "election-elections", tallies = "election-tallies", voters = "election-voters" }
      stream_arn = null
    }
    processor         = "ec2"
    processor_program = { bucket = "programs", key = "election", sha256 = "0000000000000000000000000000000000000000000000000000000000000000" }
  }

  assert {
    condition     = !contains(keys(output.function_policies), "tally") && length(module.processor_ec2) == 0
    error_message = "No stream, so no tally; no way to the tables, so no EC2."
  }
}

run "ec2_takes_the_queue_over" {
  command = plan

  variables {
    processor         = "ec2"
    processor_program = { bucket = "programs", key = "election", sha256 = "0000000000000000000000000000000000000000000000000000000000000000" }
  }

  assert {
    condition     = length(module.processor_ec2) == 1
    error_message = "The long-lived processor."
  }
}

run "bad_input_is_refused" {
  command = plan

  variables {
    processor = "fargate"
  }

  expect_failures = [var.processor]
}

run "ec2_without_a_program_is_refused" {
  command = plan

  variables {
    processor = "ec2"
  }

  expect_failures = [var.processor_program]
}
