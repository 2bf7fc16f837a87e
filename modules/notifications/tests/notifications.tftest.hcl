mock_provider "aws" {
  source = "../../tests/terraform/mocks"
}

run "everybody_is_told_in_every_region" {
  command = plan

  assert {
    condition     = toset(keys(aws_sns_topic.alarms)) == var.alarm_regions && length(aws_sns_topic_subscription.alarms) == 3
    error_message = "A topic and a subscription in each region."
  }

  assert {
    condition     = toset(keys(aws_sns_topic.milestone)) == toset(["certification", "closing", "opening"]) && length(aws_sns_topic_subscription.milestone) == 3
    error_message = "The election's milestones."
  }
}

run "topics_are_encrypted_and_only_cloudwatch_alarms" {
  command = plan

  assert {
    condition     = alltrue([for region, topic in aws_sns_topic.alarms : topic.kms_master_key_id == var.kms_key_arns[region]])
    error_message = "Encrypted with that region's key."
  }

  assert {
    condition = alltrue(flatten([
      for policy in values(aws_sns_topic_policy.alarms) : [for statement in jsondecode(policy.policy).Statement : statement.Principal.Service == "cloudwatch.amazonaws.com" if statement.Effect == "Allow"]
    ]))
    error_message = "Nobody else raises an alarm."
  }
}

run "bad_input_is_refused" {
  command = plan

  variables {
    alarm_emails     = ["operators"]
    alarm_regions    = ["us-east-2"]
    milestone_emails = ["press@"]
  }

  expect_failures = [var.alarm_emails, var.alarm_regions, var.milestone_emails]
}
