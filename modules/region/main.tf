# Composes everything that one region owns. Nothing is declared here: what there is, is in the modules.

locals {
  processor_timeout_seconds = 30
  batching_window_seconds   = 1

  has_replica = var.replica_region == var.region

  # The EC2 processor's network has no way to another region's tables: elsewhere the function works the queue off.
  on_ec2 = var.processor == "ec2" && local.has_replica
}

module "queue" {
  source = "../queue"

  account_id                = var.account_id
  batching_window_seconds   = local.batching_window_seconds
  kms_key_arn               = var.keys.storage[var.region]
  name                      = var.name
  processor_timeout_seconds = local.processor_timeout_seconds
  region                    = var.region
  sender_role_arns          = var.queues.sender_role_arns
}

module "functions" {
  source = "../functions"

  account_id                = var.account_id
  architecture              = var.architecture
  artifacts_directory       = var.artifacts_directory
  ballot_secret_key_arn     = var.keys.ballot_secret
  batching_window_seconds   = local.batching_window_seconds
  log_retention_days        = var.log_retention_days
  logs_key_arn              = var.keys.logs
  name                      = var.name
  processor_enabled         = !local.on_ec2
  processor_timeout_seconds = local.processor_timeout_seconds
  provisioned_concurrency   = var.provisioned_concurrency
  records_key_arn           = var.keys.records
  region                    = var.region
  regions                   = var.regions
  replica_region            = var.replica_region
  reserve_concurrency       = var.reserve_concurrency
  second_copy_delay_seconds = var.second_copy_delay_seconds
  storage_key_arns          = var.keys.storage
  stream_arn                = var.tables.stream_arn
  table_arns                = var.tables.arns
  table_names               = var.tables.names
  votes_per_second          = var.votes_per_second
  votes_queue_arns          = merge(var.queues.arns, { (var.region) = module.queue.votes_arn })
  votes_queue_urls          = var.queues.urls
  website_origin            = var.website_origin
}

module "api" {
  source = "../api"

  domain                    = var.domain
  edge_secret               = var.edge_secret
  function_names            = module.functions.names
  health_check_id           = var.health_check_id
  invoke_arns               = module.functions.invoke_arns
  log_retention_days        = var.log_retention_days
  logs_key_arn              = var.keys.logs
  name                      = var.name
  region                    = var.region
  requests_per_five_minutes = var.requests_per_five_minutes
  validation_record_fqdns   = var.validation_record_fqdns
  votes_per_second          = var.votes_per_second
  zone_id                   = var.zone_id
}

module "observability" {
  source = "../observability"

  alarm_topic_arn         = var.alarm_topic_arn
  api_name                = module.api.api_name
  canary_topic_arn        = var.canary_topic_arn
  dead_letters_queue_name = module.queue.dead_letters_name
  function_names          = module.functions.names
  has_tally               = local.has_replica
  host                    = module.api.host
  name                    = var.name
  region                  = var.region
  stage_name              = module.api.stage_name
  votes_queue_name        = module.queue.votes_name
}

module "processor_ec2" {
  source = "../processor-ec2"
  count  = local.on_ec2 ? 1 : 0

  account_id   = var.account_id
  architecture = var.architecture
  # The command's variables, seen from this region; the ballot secret isn't the processor's to know of.
  environment          = { for name, value in merge(var.operator_environment, module.functions.environments["vote-processor"]) : name => value if name != "ELECTION_BALLOT_SECRET_KEY" }
  log_retention_days   = var.log_retention_days
  logs_key_arn         = var.keys.logs
  name                 = var.name
  processor_statements = module.functions.processor_statements
  program              = var.processor_program
  region               = var.region
  votes_queue_name     = module.queue.votes_name
}
