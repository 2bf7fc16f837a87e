mock_provider "aws" {
  source = "../../tests/terraform/mocks"
}

run "the_five_functions_are_told_what_they_need" {
  command = plan

  assert {
    condition     = toset(keys(aws_lambda_function.election)) == toset(["health-check", "results", "tally", "vote-enqueuer", "vote-processor"])
    error_message = "Five functions."
  }

  assert {
    condition = alltrue([
      for name, variables in {
        health-check   = ["ELECTION_QUEUES", "ELECTION_TABLE_BALLOTS", "ELECTION_TABLE_TALLIES", "ELECTION_TABLE_VOTERS"]
        results        = ["ELECTION_TABLE_BALLOTS", "ELECTION_TABLE_TALLIES", "ELECTION_WEBSITE_ORIGIN"]
        tally          = ["ELECTION_RECORDS_KEY", "ELECTION_TABLE_TALLIES"]
        vote-enqueuer  = ["ELECTION_BALLOT_SECRET_KEY", "ELECTION_QUEUES", "ELECTION_RECORDS_KEY", "ELECTION_SECOND_COPY_DELAY_SECONDS", "ELECTION_TABLE_BALLOTS", "ELECTION_TABLE_CONFLICTS", "ELECTION_TABLE_VOTERS", "ELECTION_WEBSITE_ORIGIN"]
        vote-processor = ["ELECTION_RECORDS_KEY", "ELECTION_TABLE_BALLOTS", "ELECTION_TABLE_CONFLICTS"]
      } :
      toset(keys(aws_lambda_function.election[name].environment[0].variables)) == toset(concat(variables, ["ELECTION_LOG", "ELECTION_REGIONS", "ELECTION_REPLICA_REGION", "ELECTION_TABLE_ELECTIONS"]))
    ])
    error_message = "Exactly the contract's variables: a missing one ends the function at its start."
  }

  assert {
    condition     = aws_lambda_function.election["vote-enqueuer"].environment[0].variables["ELECTION_QUEUES"] == "us-east-1=https://sqs.us-east-1.amazonaws.com/123456789012/election-votes,us-east-2=https://sqs.us-east-2.amazonaws.com/123456789012/election-votes,us-west-2=https://sqs.us-west-2.amazonaws.com/123456789012/election-votes"
    error_message = "region=address, separated by commas."
  }

  assert {
    condition     = aws_lambda_function.election["tally"].environment[0].variables["ELECTION_REGIONS"] == "us-east-1,us-east-2,us-west-2" && aws_lambda_function.election["vote-enqueuer"].environment[0].variables["ELECTION_SECOND_COPY_DELAY_SECONDS"] == "300"
    error_message = "Names of all regions; 300 s."
  }

  assert {
    condition     = alltrue([for function in values(aws_lambda_function.election) : function.runtime == "provided.al2023" && function.architectures[0] == "arm64" && function.handler == "bootstrap" && function.publish])
    error_message = "A bootstrap binary for arm64."
  }

  assert {
    condition     = jsonencode({ for name, function in aws_lambda_function.election : name => function.timeout }) == jsonencode({ health-check = 10, results = 10, tally = 60, vote-enqueuer = 10, vote-processor = 30 })
    error_message = "The time-outs that the queue and the router count on."
  }
}

run "the_queue_is_worked_off_in_batches_that_fail_by_message" {
  command = plan

  assert {
    condition = (
      aws_lambda_event_source_mapping.votes[0].batch_size == 10
      && aws_lambda_event_source_mapping.votes[0].maximum_batching_window_in_seconds <= 1
      && aws_lambda_event_source_mapping.votes[0].function_response_types == toset(["ReportBatchItemFailures"])
      && aws_lambda_event_source_mapping.votes[0].provisioned_poller_config[0].maximum_pollers == 20
    )
    error_message = "Ten at a time, at most a second's wait, partial responses, pollers for 500 votes/s twice over."
  }

  assert {
    condition     = aws_lambda_function.election["vote-processor"].reserved_concurrent_executions >= 10 * aws_lambda_event_source_mapping.votes[0].provisioned_poller_config[0].maximum_pollers
    error_message = "Less concurrency than pollers can invoke makes dead letters of good votes."
  }
}

run "the_stream_is_counted_whole" {
  command = plan

  assert {
    condition = (
      aws_lambda_event_source_mapping.ballots[0].starting_position == "TRIM_HORIZON"
      && aws_lambda_event_source_mapping.ballots[0].maximum_retry_attempts == -1
      && aws_lambda_event_source_mapping.ballots[0].maximum_record_age_in_seconds == -1
      && aws_lambda_event_source_mapping.ballots[0].bisect_batch_on_function_error == false
      && length(aws_lambda_event_source_mapping.ballots[0].destination_config) == 0
    )
    error_message = "From the beginning, endless retries, no bisecting, no discarding."
  }

  assert {
    condition = (
      aws_lambda_event_source_mapping.ballots[0].tumbling_window_in_seconds == 10
      && aws_lambda_event_source_mapping.ballots[0].parallelization_factor == 1
      && aws_lambda_event_source_mapping.ballots[0].batch_size <= 1000
      && aws_lambda_event_source_mapping.ballots[0].event_source_arn == var.stream_arn
    )
    error_message = "A window, so that events carry a shard id; one reader per shard; this region's stream."
  }
}

run "logs_are_encrypted_and_end" {
  command = plan

  assert {
    condition     = alltrue([for group in values(aws_cloudwatch_log_group.function) : group.kms_key_id == var.logs_key_arn && group.retention_in_days == 30])
    error_message = "A key of ours, thirty days."
  }

  assert {
    condition     = alltrue([for function in values(aws_lambda_function.election) : function.logging_config[0].system_log_level == "WARN"])
    error_message = "Lambda's lines per request tell when somebody voted."
  }
}

run "capacity_follows_the_votes" {
  command = plan

  variables {
    votes_per_second = 10000
  }

  assert {
    condition = (
      aws_lambda_event_source_mapping.votes[0].provisioned_poller_config[0].minimum_pollers == 200
      && aws_lambda_event_source_mapping.votes[0].provisioned_poller_config[0].maximum_pollers == 400
      && aws_lambda_function.election["vote-processor"].reserved_concurrent_executions == 4000
      && aws_lambda_function.election["vote-enqueuer"].reserved_concurrent_executions == 4000
    )
    error_message = "20,000 messages a second, and twice that to catch up."
  }
}

run "a_region_without_a_replica_has_no_tally" {
  command = plan

  variables {
    region           = "us-west-1"
    regions          = ["us-east-1", "us-east-2", "us-west-1", "us-west-2"]
    replica_region   = "us-west-2"
    stream_arn       = null
    storage_key_arns = { us-east-1 = "a", us-east-2 = "b", us-west-1 = "c", us-west-2 = "d" }
    votes_queue_arns = { us-east-1 = "arn:aws:sqs:us-east-1:123456789012:election-votes", us-east-2 = "arn:aws:sqs:us-east-2:123456789012:election-votes", us-west-1 = "arn:aws:sqs:us-west-1:123456789012:election-votes", us-west-2 = "arn:aws:sqs:us-west-2:123456789012:election-votes" }
    votes_queue_urls = { us-east-1 = "a", us-east-2 = "b", us-west-1 = "c", us-west-2 = "d" }
  }

  assert {
    condition     = !contains(keys(aws_lambda_function.election), "tally") && length(aws_lambda_event_source_mapping.ballots) == 0
    error_message = "There is no stream to read."
  }

  assert {
    condition     = aws_lambda_function.election["results"].environment[0].variables["ELECTION_REPLICA_REGION"] == "us-west-2" && strcontains(aws_iam_role_policy.function["results"].policy, "dynamodb.us-west-2.amazonaws.com")
    error_message = "It reads the nearest replica's tables, through their key."
  }
}

run "where_ec2_works_the_queue_off_the_function_does_not" {
  command = plan

  variables {
    processor_enabled = false
  }

  assert {
    condition     = length(aws_lambda_event_source_mapping.votes) == 0
    error_message = "Two readers would be no mistake, but cost."
  }
}

run "nothing_is_reserved_in_a_new_account" {
  command = plan

  variables {
    reserve_concurrency = false
  }

  assert {
    condition     = alltrue([for function in values(aws_lambda_function.election) : function.reserved_concurrent_executions == -1])
    error_message = "Unreserved."
  }
}

run "bad_input_is_refused" {
  command = plan

  variables {
    architecture              = "arm"
    batching_window_seconds   = 30
    memory_mb                 = 64
    processor_timeout_seconds = 5
    provisioned_concurrency   = { enqueuer = 10 }
    regions                   = ["us-east-2"]
    second_copy_delay_seconds = 901
    stream_arn                = null
    votes_per_second          = 0
    website_origin            = "https://vote.election.example/"
  }

  expect_failures = [
    var.architecture,
    var.batching_window_seconds,
    var.memory_mb,
    var.processor_timeout_seconds,
    var.provisioned_concurrency,
    var.regions,
    var.second_copy_delay_seconds,
    var.stream_arn,
    var.votes_per_second,
    var.website_origin,
  ]
}

run "roles_have_the_names_that_keys_and_queues_know" {
  command = plan

  assert {
    condition     = alltrue([for function, role in aws_iam_role.function : role.name == "election-us-east-1-${function}"])
    error_message = "The keys' and the queues' policies name roles: another name locks the function out."
  }
}
