# Owns what operators see of one region: a dashboard, and alarms that each mean something to do. The functions' own
# metrics are in the namespace `Election`, with no dimension that could be a voter.

locals {
  functions_namespace = "Election"

  # Alarm to what is watched. `missing` data is no news: a region without requests, or a tally without ballots.
  alarms = merge(
    {
      dead-letters = {
        description = "Votes that could not be recorded are set aside. Nothing can be certified until `election dead-letters` is empty."
        namespace   = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = var.dead_letters_queue_name }
        statistic   = "Maximum", above = 0, period = 60, periods = 1, missing = "notBreaching"
      }
      queue-age = {
        description = "A vote waits longer than second copies do: nobody works the queue off fast enough."
        namespace   = "AWS/SQS", metric = "ApproximateAgeOfOldestMessage", dimensions = { QueueName = var.votes_queue_name }
        statistic   = "Maximum", above = var.queue_age_seconds, period = 60, periods = 3, missing = "notBreaching"
      }
      conflicts = {
        description = "Many voters have two different ballots accepted: a client that makes ballot ids anew, or an attack."
        namespace   = local.functions_namespace, metric = "Outcomes", dimensions = { Function = "vote-processor", Outcome = "conflict" }
        statistic   = "Sum", above = var.conflicts_per_five_minutes, period = 300, periods = 1, missing = "notBreaching"
      }
      late = {
        description = "Ballots arrived after the recount had begun. They are in the late log, and someone has to decide."
        namespace   = local.functions_namespace, metric = "Outcomes", dimensions = { Function = "vote-processor", Outcome = "late" }
        statistic   = "Sum", above = 0, period = 60, periods = 1, missing = "notBreaching"
      }
      undecidable = {
        description = "The processor met messages that it can't decode or that no enqueuer made."
        namespace   = local.functions_namespace, metric = "Outcomes", dimensions = { Function = "vote-processor", Outcome = "dead-letter" }
        statistic   = "Sum", above = 0, period = 60, periods = 1, missing = "notBreaching"
      }
      api-errors = {
        description = "More than one request in a hundred is answered with a 5xx."
        namespace   = "AWS/ApiGateway", metric = "5XXError", dimensions = { ApiName = var.api_name, Stage = var.stage_name }
        statistic   = "Average", above = 0.01, period = 60, periods = 3, missing = "notBreaching"
      }
      api-latency = {
        description = "Answers take long on average: voters see it."
        namespace   = "AWS/ApiGateway", metric = "Latency", dimensions = { ApiName = var.api_name, Stage = var.stage_name }
        statistic   = "Average", above = 2000, period = 60, periods = 5, missing = "notBreaching"
      }
    },
    { for name, exists in { unreadable = var.has_tally, alterations = var.has_tally } : name => {
      description                      = name == "unreadable" ? "A recorded ballot can't be read. It blocks certification." : "A ballot in the box was changed or removed. It blocks certification, and it must never happen."
      namespace                        = local.functions_namespace, metric = title(name), dimensions = { Function = "tally" }
      statistic                        = "Sum", above = 0, period = 60, periods = 1, missing = "notBreaching"
    } if exists },
    { for name, exists in { tally-lag = var.has_tally } : name => {
      description                     = "The tally is behind the ballot box."
      namespace                       = local.functions_namespace, metric = "TallyLagSeconds", dimensions = { Function = "tally" }
      statistic                       = "Maximum", above = var.tally_lag_seconds, period = 60, periods = 3, missing = "notBreaching"
    } if exists },
    { for name, exists in { stream-age = var.has_tally } : name => {
      description                      = "The stream's oldest record waits. After 24 hours it would be gone: rebuild the tally then."
      namespace                        = "AWS/Lambda", metric = "IteratorAge", dimensions = { FunctionName = var.function_names["tally"] }
      statistic                        = "Maximum", above = var.tally_lag_seconds * 1000, period = 60, periods = 3, missing = "notBreaching"
    } if exists },
    { for function, name in var.function_names : "throttles-${function}" => {
      description = "${function} is throttled: raise its concurrency, or the account's quota."
      namespace   = "AWS/Lambda", metric = "Throttles", dimensions = { FunctionName = name }
      statistic   = "Sum", above = 0, period = 60, periods = 3, missing = "notBreaching"
    } },
    { for function, name in var.function_names : "errors-${function}" => {
      description = "${function} fails, as when a variable is wrong or a table is missing: read its log."
      namespace   = "AWS/Lambda", metric = "Errors", dimensions = { FunctionName = name }
      statistic   = "Sum", above = 5, period = 60, periods = 3, missing = "notBreaching"
    } },
  )

  widgets = [
    { title = "Votes accepted", stat = "Sum", metrics = [[local.functions_namespace, "Accepted", "Function", "vote-enqueuer"]] },
    { title = "What became of votes", stat = "Sum", metrics = [
      for outcome in ["recorded", "repeat", "conflict", "already-decided", "late", "dead-letter"] : [local.functions_namespace, "Outcomes", "Function", "vote-processor", "Outcome", outcome]
    ] },
    { title = "Queues: waiting", stat = "Maximum", metrics = [
      ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.votes_queue_name],
      ["AWS/SQS", "ApproximateNumberOfMessagesDelayed", "QueueName", var.votes_queue_name],
      ["AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "QueueName", var.votes_queue_name],
      ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.dead_letters_queue_name],
    ] },
    { title = "Queue: age of the oldest, s", stat = "Maximum", metrics = [["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", var.votes_queue_name]] },
    { title = "Tally: lag, s", stat = "Maximum", metrics = [[local.functions_namespace, "TallyLagSeconds", "Function", "tally"]] },
    { title = "Tally: unreadable, altered", stat = "Sum", metrics = [[local.functions_namespace, "Unreadable", "Function", "tally"], [local.functions_namespace, "Alterations", "Function", "tally"]] },
    { title = "API: requests, 4xx, 5xx", stat = "Sum", metrics = [
      for metric in ["Count", "4XXError", "5XXError"] : ["AWS/ApiGateway", metric, "ApiName", var.api_name, "Stage", var.stage_name]
    ] },
    { title = "API: latency p99, ms", stat = "p99", metrics = [["AWS/ApiGateway", "Latency", "ApiName", var.api_name, "Stage", var.stage_name]] },
    { title = "Functions: at once", stat = "Maximum", metrics = [for name in values(var.function_names) : ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", name]] },
    { title = "Functions: throttled", stat = "Sum", metrics = [for name in values(var.function_names) : ["AWS/Lambda", "Throttles", "FunctionName", name]] },
    { title = "Cold starts", stat = "Sum", metrics = [for function in keys(var.function_names) : [local.functions_namespace, "ColdStarts", "Function", function]] },
  ]
}

resource "aws_cloudwatch_metric_alarm" "region" {
  for_each = local.alarms

  region              = var.region
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = each.value.period
  evaluation_periods  = each.value.periods
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.above
  treat_missing_data  = each.value.missing
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}

# The canary: asks, from outside, whether all that a vote needs works. It never takes the region out.
resource "aws_route53_health_check" "deep" {
  type              = "HTTPS"
  fqdn              = var.host
  port              = 443
  resource_path     = "/health/deep"
  request_interval  = 30
  failure_threshold = 3
  enable_sni        = true
  reference_name    = substr("${var.name}-deep-${var.region}", 0, 27)
}

# Route 53's metrics are in us-east-1, and an alarm is where its metric is.
resource "aws_cloudwatch_metric_alarm" "canary" {
  region              = "us-east-1"
  alarm_name          = "${var.name}-canary-${var.region}"
  alarm_description   = "Not everything that a vote needs works in ${var.region}: ask its /health/deep. If all regions say so, look at what they share."
  namespace           = "AWS/Route53"
  metric_name         = "HealthCheckStatus"
  dimensions          = { HealthCheckId = aws_route53_health_check.deep.id }
  statistic           = "Minimum"
  period              = 60
  evaluation_periods  = 3
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [var.canary_topic_arn]
  ok_actions          = [var.canary_topic_arn]
}

resource "aws_cloudwatch_dashboard" "region" {
  region         = var.region
  dashboard_name = "${var.name}-${var.region}"

  dashboard_body = jsonencode({
    widgets = [
      for index, widget in local.widgets : {
        type   = "metric"
        x      = (index % 2) * 12
        y      = floor(index / 2) * 6
        width  = 12
        height = 6
        properties = {
          title   = widget.title
          region  = var.region
          period  = 60
          stat    = widget.stat
          metrics = widget.metrics
          view    = "timeSeries"
        }
      }
    ]
  })
}
