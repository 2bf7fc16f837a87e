mock_provider "aws" {
  source = "../../tests/terraform/mocks"
}

run "every_trouble_has_its_alarm" {
  command = plan

  assert {
    condition = length(setsubtract([
      "alterations", "api-errors", "conflicts", "dead-letters", "late", "queue-age", "stream-age", "tally-lag", "throttles-vote-enqueuer", "throttles-vote-processor", "unreadable",
    ], keys(aws_cloudwatch_metric_alarm.region))) == 0
    error_message = "An alarm of the design is missing."
  }

  assert {
    condition     = alltrue([for alarm in values(aws_cloudwatch_metric_alarm.region) : alarm.alarm_actions == toset([var.alarm_topic_arn]) && alarm.region == var.region])
    error_message = "Each tells the region's topic."
  }

  assert {
    condition     = alltrue([for name in ["dead-letters", "unreadable", "alterations"] : aws_cloudwatch_metric_alarm.region[name].threshold == 0 && aws_cloudwatch_metric_alarm.region[name].evaluation_periods == 1])
    error_message = "One is too many."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.region["conflicts"].dimensions == tomap({ Function = "vote-processor", Outcome = "conflict" }) && aws_cloudwatch_metric_alarm.region["unreadable"].metric_name == "Unreadable"
    error_message = "Named as the functions name them."
  }
}

run "the_canary_s_alarm_is_where_its_metric_is" {
  command = plan

  assert {
    condition     = aws_cloudwatch_metric_alarm.canary.region == "us-east-1" && aws_cloudwatch_metric_alarm.canary.alarm_actions == toset([var.canary_topic_arn]) && aws_cloudwatch_metric_alarm.canary.treat_missing_data == "breaching"
    error_message = "In us-east-1, and silence is bad news."
  }

  assert {
    condition     = aws_route53_health_check.deep.resource_path == "/health/deep"
    error_message = "It asks the deep check."
  }
}

run "the_dashboard_shows_no_voter" {
  command = plan

  assert {
    condition = length(setsubtract(
      flatten([for widget in jsondecode(aws_cloudwatch_dashboard.region.dashboard_body).widgets : [for metric in widget.properties.metrics : [for index, part in metric : part if index >= 2 && index % 2 == 0]]]),
      ["ApiName", "Function", "FunctionName", "Outcome", "QueueName", "Stage"],
    )) == 0
    error_message = "A dimension that isn't known to be harmless."
  }
}

run "a_region_without_a_tally_has_no_alarms_about_one" {
  command = plan

  variables {
    has_tally      = false
    function_names = { health-check = "election-health-check", results = "election-results", vote-enqueuer = "election-vote-enqueuer", vote-processor = "election-vote-processor" }
  }

  assert {
    condition     = length(setintersection(["alterations", "stream-age", "tally-lag", "unreadable"], keys(aws_cloudwatch_metric_alarm.region))) == 0
    error_message = "Nothing to watch."
  }
}

run "bad_input_is_refused" {
  command = plan

  variables {
    canary_topic_arn           = "arn:aws:sns:us-east-2:123456789012:election-alarms"
    conflicts_per_five_minutes = -1
    queue_age_seconds          = 300
    tally_lag_seconds          = 5
  }

  expect_failures = [var.canary_topic_arn, var.conflicts_per_five_minutes, var.queue_age_seconds, var.tally_lag_seconds]
}
