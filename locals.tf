# What is known before anything exists: names by which regions find their peers, and who may do what. Because they are
# names and not references, a region can be applied, removed or be unreachable without the others waiting for it.

locals {
  account_id  = data.aws_caller_identity.current.account_id
  home_region = var.replica_regions[0]

  # Route 53's metrics and CloudFront's firewall are there, wherever the election is.
  edge_region = "us-east-1"

  hosts = {
    api    = "api.${var.domain}"
    voting = "vote.${var.domain}"
  }

  # Seen from where this root is, whoever calls it.
  artifacts_directory = startswith(var.artifacts_directory, "/") ? var.artifacts_directory : "${path.module}/${var.artifacts_directory}"

  # The replica whose tables a region uses: its own; else the one that is named; else one in the same part of the
  # continent, on the same continent, or the home region's.
  replica_of = {
    for region in var.regions : region => contains(var.replica_regions, region) ? region : try(var.nearest_replica[region], concat(
      [for replica in var.replica_regions : replica if startswith(replica, join("-", slice(split("-", region), 0, 2)))],
      [for replica in var.replica_regions : replica if startswith(replica, "${split("-", region)[0]}-")],
      var.replica_regions,
    )[0])
  }

  queue_arns        = { for region in var.regions : region => "arn:aws:sqs:${region}:${local.account_id}:${var.name}-votes" }
  queue_urls        = { for region in var.regions : region => "https://sqs.${region}.amazonaws.com/${local.account_id}/${var.name}-votes" }
  dead_letters_arns = { for region in var.regions : region => "arn:aws:sqs:${region}:${local.account_id}:${var.name}-dead-letters" }
  dead_letters_urls = { for region in var.regions : region => "https://sqs.${region}.amazonaws.com/${local.account_id}/${var.name}-dead-letters" }

  function_roles = {
    for function in ["tally", "vote-enqueuer", "vote-processor", "vote-processor-ec2"] : function => [
      for region in sort(var.regions) : "arn:aws:iam::${local.account_id}:role/${var.name}-${region}-${function}"
    ]
  }

  operator_roles = { for role in ["initiator", "officer", "registrar"] : role => "arn:aws:iam::${local.account_id}:role/${var.name}-${role}" }

  key_roles = {
    enqueuers  = local.function_roles["vote-enqueuer"]
    initiators = var.initialising ? [local.operator_roles.initiator] : []
    officers   = [local.operator_roles.officer]
    processors = concat(local.function_roles["vote-processor"], local.function_roles["vote-processor-ec2"])
    registrars = [local.operator_roles.registrar]
    tallies    = local.function_roles["tally"]
  }

  # What each region is given. Votes are sent to peers, so the storage keys are those of all regions.
  keys_in = {
    for region in var.regions : region => {
      ballot_secret = module.encryption.ballot_secret[region]
      logs          = module.encryption.logs[region]
      records       = module.encryption.records[region]
      storage       = module.encryption.storage
    }
  }

  # Votes come from every region's enqueuer, and from the officer who replays dead letters.
  queues = {
    arns             = local.queue_arns
    sender_role_arns = concat(local.function_roles["vote-enqueuer"], [local.operator_roles.officer])
    urls             = local.queue_urls
  }

  tables_of = {
    for region in var.regions : region => {
      arns       = module.database.table_arns[local.replica_of[region]]
      names      = module.database.names
      stream_arn = lookup(module.database.stream_arns, region, null)
    }
  }

  # The `election` command's configuration, as seen from the home region.
  operator_environment = {
    AWS_REGION                         = local.home_region
    ELECTION_BALLOT_SECRET_KEY         = module.encryption.ballot_secret[local.home_region]
    ELECTION_DEAD_LETTER_QUEUES        = join(",", [for region in sort(var.regions) : "${region}=${local.dead_letters_urls[region]}"])
    ELECTION_LOG                       = "info"
    ELECTION_QUEUES                    = join(",", [for region in sort(var.regions) : "${region}=${local.queue_urls[region]}"])
    ELECTION_RECORDS_KEY               = module.encryption.records[local.home_region]
    ELECTION_REGIONS                   = join(",", sort(var.regions))
    ELECTION_REPLICA_REGION            = local.home_region
    ELECTION_REPLICA_REGIONS           = join(",", sort(var.replica_regions))
    ELECTION_SECOND_COPY_DELAY_SECONDS = tostring(var.second_copy_delay_seconds)
    ELECTION_TABLE_BALLOTS             = module.database.names.ballots
    ELECTION_TABLE_CONFLICTS           = module.database.names.conflicts
    ELECTION_TABLE_ELECTIONS           = module.database.names.elections
    ELECTION_TABLE_TALLIES             = module.database.names.tallies
    ELECTION_TABLE_VOTERS              = module.database.names.voters
    ELECTION_WEBSITE_ORIGIN            = "https://${local.hosts.voting}"
  }
}
