# The election platform on AWS.
#
#                     vote.DOMAIN, results.DOMAIN          api.DOMAIN: the nearest healthy region
#                              website  ─────────────────────────┐  dns
#                                                                ▼
#      ┌─ region (one each, all active) ─────────────────────────────────────────────────────────────────┐
#      │  api ─► vote-enqueuer ─► queue: votes ─► vote-processor ─► ballots ─► stream ─► tally ─► results │
#      │              └─────────► a peer's queue, delayed                                                 │
#      └─────────────────────────────────────────────────────────────────────────────────────────────────┘
#                     database: ballots, voters, elections, conflicts, strongly consistent in three regions
#                     encryption: multi-region keys        operators: who may do what

data "aws_caller_identity" "current" {}

# By this the API's firewalls know what came through the website's distributions and was counted there.
resource "random_password" "edge" {
  length  = 40
  special = false
}

module "encryption" {
  source = "./modules/encryption"

  account_id  = local.account_id
  home_region = local.home_region
  name        = var.name
  regions     = var.regions
  roles       = local.key_roles
}

module "database" {
  source = "./modules/database"

  account_id          = local.account_id
  deletion_protection = var.deletion_protection
  home_region         = local.home_region
  kms_key_arns        = module.encryption.storage
  name                = var.name
  replica_regions     = var.replica_regions
  warm_throughput     = var.warm_throughput
  witness_region      = var.witness_region
}

module "region" {
  source   = "./modules/region"
  for_each = var.regions

  account_id                = local.account_id
  alarm_topic_arn           = module.notifications.alarm_topic_arns[each.key]
  architecture              = var.architecture
  artifacts_directory       = local.artifacts_directory
  canary_topic_arn          = module.notifications.alarm_topic_arns[local.edge_region]
  domain                    = var.domain
  edge_secret               = random_password.edge.result
  health_check_id           = module.dns.health_check_ids[each.key]
  keys                      = local.keys_in[each.key]
  log_retention_days        = var.log_retention_days
  name                      = var.name
  operator_environment      = local.operator_environment
  processor                 = var.processor
  processor_program         = var.processor_program
  provisioned_concurrency   = var.provisioned_concurrency
  queues                    = local.queues
  region                    = each.key
  regions                   = var.regions
  replica_region            = local.replica_of[each.key]
  requests_per_five_minutes = var.requests_per_five_minutes
  reserve_concurrency       = var.reserve_concurrency
  second_copy_delay_seconds = var.second_copy_delay_seconds
  tables                    = local.tables_of[each.key]
  validation_record_fqdns   = module.dns.validation_record_fqdns
  votes_per_second          = var.votes_per_second
  website_origin            = "https://${local.hosts.voting}"
  zone_id                   = module.dns.zone_id
}

module "dns" {
  source = "./modules/dns"

  alarm_topic_arns = module.notifications.alarm_topic_arns
  domain           = var.domain
  name             = var.name
  parent_zone_id   = var.parent_zone_id
  regions          = var.regions
}

module "website" {
  source = "./modules/website"

  account_id                = local.account_id
  certificate_arn           = module.dns.certificate_arn
  domain                    = var.domain
  edge_secret               = random_password.edge.result
  force_destroy             = !var.deletion_protection
  home_region               = local.home_region
  log_retention_days        = var.log_retention_days
  logs_key_arn              = module.encryption.logs[local.edge_region]
  name                      = var.name
  price_class               = var.price_class
  regions                   = var.regions
  requests_per_five_minutes = var.requests_per_five_minutes
  zone_id                   = module.dns.zone_id
}

module "notifications" {
  source = "./modules/notifications"

  account_id       = local.account_id
  alarm_emails     = var.alarm_emails
  alarm_regions    = setunion(var.regions, [local.edge_region])
  home_region      = local.home_region
  kms_key_arns     = module.encryption.logs
  milestone_emails = var.milestone_emails
  name             = var.name
}

module "operators" {
  source = "./modules/operators"

  account_id              = local.account_id
  ballot_secret_key_arns  = module.encryption.ballot_secret
  dead_letters_queue_arns = local.dead_letters_arns
  home_region             = local.home_region
  initialising            = var.initialising
  milestone_key_arn       = module.encryption.logs[local.home_region]
  milestone_topic_arns    = module.notifications.milestone_topic_arns
  name                    = var.name
  principals              = var.operator_principals
  records_key_arns        = module.encryption.records
  replica_regions         = var.replica_regions
  storage_key_arns        = module.encryption.storage
  table_names             = module.database.names
  votes_queue_arns        = local.queue_arns
}

module "budget" {
  source = "./modules/budget"

  emails      = var.alarm_emails
  monthly_usd = var.monthly_budget_usd
  name        = var.name
}

# A warning, not a refusal: one region is enough for trying the deployment.
check "votes_can_be_accepted" {
  assert {
    condition     = length(var.regions) >= 2
    error_message = "With one region every vote is answered with 503: it has to be durable in two. Not for elections."
  }
}
