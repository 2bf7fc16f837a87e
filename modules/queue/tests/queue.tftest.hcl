mock_provider "aws" {
  source = "../../tests/terraform/mocks"
}

run "visibility_outlasts_six_time_outs_and_the_window" {
  command = plan

  assert {
    condition     = aws_sqs_queue.votes.visibility_timeout_seconds == 200
    error_message = "200 s with the processor's 30 s."
  }

  assert {
    condition     = aws_sqs_queue.votes.visibility_timeout_seconds >= 6 * var.processor_timeout_seconds + var.batching_window_seconds
    error_message = "At least 6 × time-out + window."
  }
}

run "a_longer_time_out_lengthens_the_visibility" {
  command = plan

  variables {
    processor_timeout_seconds = 60
    batching_window_seconds   = 5
  }

  assert {
    condition     = aws_sqs_queue.votes.visibility_timeout_seconds == 365
    error_message = "6 × 60 + 5."
  }
}

run "messages_are_kept_tried_and_encrypted" {
  command = apply # the redrive policy has the other queue's ARN, which only exists then

  assert {
    condition     = jsondecode(aws_sqs_queue.votes.redrive_policy).maxReceiveCount == 100
    error_message = "A hundred receives."
  }

  assert {
    condition     = alltrue([for queue in [aws_sqs_queue.votes, aws_sqs_queue.dead_letters] : queue.message_retention_seconds == 14 * 86400])
    error_message = "Fourteen days in both."
  }

  assert {
    condition     = alltrue([for queue in [aws_sqs_queue.votes, aws_sqs_queue.dead_letters] : queue.kms_master_key_id == var.kms_key_arn && queue.kms_data_key_reuse_period_seconds >= 60])
    error_message = "Both encrypted with the storage key, whose data keys are reused."
  }
}

run "only_enqueuers_of_all_regions_and_the_officer_send" {
  command = plan

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_sqs_queue_policy.votes.policy).Statement : statement.Condition.ArnEquals["aws:PrincipalArn"] if statement.Sid == "SendFromEveryRegion"
    ])) == toset(var.sender_role_arns)
    error_message = "The peers' enqueuers must be able to send."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_sqs_queue_policy.votes.policy).Statement : statement.Condition.ArnNotEquals["aws:PrincipalArn"] if statement.Sid == "NobodyElseSends" && statement.Effect == "Deny"
    ])) == toset(var.sender_role_arns)
    error_message = "And nobody else."
  }

  assert {
    condition = alltrue([
      for policy in [aws_sqs_queue_policy.votes.policy, aws_sqs_queue_policy.dead_letters.policy] : anytrue([
        for statement in jsondecode(policy).Statement : statement.Effect == "Deny" && try(statement.Condition.Bool["aws:SecureTransport"], "") == "false"
      ])
    ])
    error_message = "Both queues refuse plain HTTP."
  }
}

run "bad_input_is_refused" {
  command = plan

  variables {
    batching_window_seconds    = 301
    kms_key_arn                = "alias/aws/sqs"
    max_receive_count          = 5
    processor_timeout_seconds  = 0
    sender_role_arns           = []
    visibility_timeout_seconds = -1
  }

  expect_failures = [
    var.batching_window_seconds,
    var.kms_key_arn,
    var.max_receive_count,
    var.processor_timeout_seconds,
    var.sender_role_arns,
    var.visibility_timeout_seconds,
  ]
}
