# Owns one region's functions: what each is told, how many of it may run, what feeds it.
# Who may do what is in policies.tf.

locals {
  # The tally reads the stream of its own region's replica: elsewhere there is none to read.
  has_replica = var.replica_region == var.region

  common_environment = {
    ELECTION_LOG             = var.log_filter
    ELECTION_REGIONS         = join(",", sort(var.regions))
    ELECTION_REPLICA_REGION  = var.replica_region
    ELECTION_TABLE_ELECTIONS = var.table_names.elections
  }

  queues = join(",", [for region in sort(var.regions) : "${region}=${var.votes_queue_urls[region]}"])

  # Time-outs in seconds, memory in MB. The router answers within 5 s by itself.
  all_functions = {
    vote-enqueuer = {
      timeout = 10
      memory  = var.memory_mb
      tracing = "Active"
      environment = {
        ELECTION_BALLOT_SECRET_KEY         = var.ballot_secret_key_arn
        ELECTION_QUEUES                    = local.queues
        ELECTION_RECORDS_KEY               = var.records_key_arn
        ELECTION_SECOND_COPY_DELAY_SECONDS = tostring(var.second_copy_delay_seconds)
        ELECTION_TABLE_BALLOTS             = var.table_names.ballots
        ELECTION_TABLE_CONFLICTS           = var.table_names.conflicts
        ELECTION_TABLE_VOTERS              = var.table_names.voters
        ELECTION_WEBSITE_ORIGIN            = var.website_origin
      }
    }
    vote-processor = {
      timeout = var.processor_timeout_seconds
      memory  = var.memory_mb
      tracing = "PassThrough"
      environment = {
        ELECTION_RECORDS_KEY     = var.records_key_arn
        ELECTION_TABLE_BALLOTS   = var.table_names.ballots
        ELECTION_TABLE_CONFLICTS = var.table_names.conflicts
      }
    }
    tally = {
      timeout = 60
      memory  = var.memory_mb
      tracing = "PassThrough"
      environment = {
        ELECTION_RECORDS_KEY   = var.records_key_arn
        ELECTION_TABLE_TALLIES = var.table_names.tallies
      }
    }
    results = {
      timeout = 10
      memory  = var.memory_mb
      tracing = "Active"
      environment = {
        ELECTION_TABLE_BALLOTS  = var.table_names.ballots
        ELECTION_TABLE_TALLIES  = var.table_names.tallies
        ELECTION_WEBSITE_ORIGIN = var.website_origin
      }
    }
    health-check = {
      timeout = 10
      memory  = var.memory_mb
      tracing = "Active"
      environment = {
        ELECTION_QUEUES        = local.queues
        ELECTION_TABLE_BALLOTS = var.table_names.ballots
        ELECTION_TABLE_TALLIES = var.table_names.tallies
        ELECTION_TABLE_VOTERS  = var.table_names.voters
      }
    }
  }

  functions = { for name, function in local.all_functions : name => function if name != "tally" || local.has_replica }

  # One poller takes 10 batches of 10 messages a second, so 100 messages; each vote is two of them, its own and a
  # peer's second copy. Twice that, to work a backlog off.
  minimum_pollers = max(2, ceil(var.votes_per_second * 2 / 100))
  maximum_pollers = max(2, 2 * local.minimum_pollers)

  # A function's requests per second are at most ten times its concurrency. The processor's is never below what its
  # pollers can invoke (10 each): throttled receives would count towards the dead-letter queue.
  reserved_concurrency = {
    vote-enqueuer  = max(20, ceil(var.votes_per_second * 4 / 10))
    vote-processor = 10 * local.maximum_pollers
    tally          = 100
    results        = max(20, ceil(var.votes_per_second * 2 / 10))
    health-check   = 20
  }

  zips = { for name in keys(local.all_functions) : name => "${var.artifacts_directory}/${name}.zip" }
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.functions

  region            = var.region
  name              = "/aws/lambda/${var.name}-${each.key}"
  kms_key_id        = var.logs_key_arn
  retention_in_days = var.log_retention_days
}

resource "aws_lambda_function" "election" {
  for_each = local.functions

  region        = var.region
  function_name = "${var.name}-${each.key}"
  description   = "${each.key} of the election"
  role          = aws_iam_role.function[each.key].arn
  runtime       = "provided.al2023"
  architectures = [var.architecture]
  handler       = "bootstrap"
  memory_size   = each.value.memory
  timeout       = each.value.timeout
  publish       = true

  filename = local.zips[each.key]
  # The packages are built before an apply; checks do without them.
  source_code_hash = fileexists(local.zips[each.key]) ? filebase64sha256(local.zips[each.key]) : null

  reserved_concurrent_executions = var.reserve_concurrency ? local.reserved_concurrency[each.key] : -1

  environment {
    variables = merge(local.common_environment, each.value.environment)
  }

  # Traces end at the queue: what comes after it isn't traced, and its roles couldn't write a trace.
  tracing_config {
    mode = each.value.tracing
  }

  # Lambda's own lines (start, end, report of each request) would only tell when somebody voted.
  logging_config {
    log_format       = "JSON"
    log_group        = aws_cloudwatch_log_group.function[each.key].name
    system_log_level = "WARN"
  }

  depends_on = [aws_iam_role_policy.function]
}

# What the API and the queues call, so that a deployment switches at once and can be switched back.
resource "aws_lambda_alias" "live" {
  for_each = local.functions

  region           = var.region
  name             = "live"
  description      = "the version that serves"
  function_name    = aws_lambda_function.election[each.key].function_name
  function_version = aws_lambda_function.election[each.key].version
}

resource "aws_lambda_provisioned_concurrency_config" "function" {
  for_each = { for name, environments in var.provisioned_concurrency : name => environments if contains(keys(local.functions), name) }

  region                            = var.region
  function_name                     = aws_lambda_function.election[each.key].function_name
  qualifier                         = aws_lambda_alias.live[each.key].name
  provisioned_concurrent_executions = each.value
}

resource "aws_lambda_event_source_mapping" "votes" {
  count = var.processor_enabled ? 1 : 0

  region                             = var.region
  function_name                      = aws_lambda_alias.live["vote-processor"].arn
  event_source_arn                   = var.votes_queue_arns[var.region]
  batch_size                         = 10
  maximum_batching_window_in_seconds = var.batching_window_seconds
  # One bad message among nine good ones fails alone.
  function_response_types = ["ReportBatchItemFailures"]

  provisioned_poller_config {
    minimum_pollers = min(200, local.minimum_pollers)
    maximum_pollers = min(2000, local.maximum_pollers)
  }
}

# Nothing may be skipped: a record is retried until it is counted. Batches have a shard id only within a tumbling
# window; checkpoints by sequence number need one reader per shard.
resource "aws_lambda_event_source_mapping" "ballots" {
  count = local.has_replica ? 1 : 0

  region                             = var.region
  function_name                      = aws_lambda_alias.live["tally"].arn
  event_source_arn                   = var.stream_arn
  starting_position                  = "TRIM_HORIZON"
  batch_size                         = 1000
  maximum_batching_window_in_seconds = 1
  tumbling_window_in_seconds         = 10
  parallelization_factor             = 1
  maximum_retry_attempts             = -1
  maximum_record_age_in_seconds      = -1
  bisect_batch_on_function_error     = false
}
