# Owns the tables. What all regions share is in four global tables with strong consistency between regions; a
# region's tally is its own, so that the regions' tallies can be compared.

locals {
  # The home region's replica is the table itself.
  peers = toset(slice(var.replica_regions, 1, length(var.replica_regions)))

  # `Ballots` is written once per voter and never again: no role may update or delete (see modules/functions).
  # With strong consistency there are no transactions, no TTL and no local secondary indexes; none is used.
  tables = {
    ballots   = { hash = { name = "ballot_key", type = "B" }, range = null, stream = true }
    conflicts = { hash = { name = "ballot_key", type = "B" }, range = { name = "envelope", type = "B" }, stream = false }
    elections = { hash = { name = "id", type = "S" }, range = null, stream = false }
    voters    = { hash = { name = "id", type = "B" }, range = null, stream = false }
  }

  names = merge(
    { for table in keys(local.tables) : table => aws_dynamodb_table.global[table].name },
    { tallies = "${var.name}-tallies" },
  )
}

resource "aws_dynamodb_table" "global" {
  for_each = local.tables

  region       = var.home_region
  name         = "${var.name}-${each.key}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = each.value.hash.name
  range_key    = try(each.value.range.name, null)

  stream_enabled   = each.value.stream
  stream_view_type = each.value.stream ? "NEW_IMAGE" : null

  deletion_protection_enabled = var.deletion_protection

  dynamic "attribute" {
    for_each = [for key in [each.value.hash, each.value.range] : key if key != null]

    content {
      name = attribute.value.name
      type = attribute.value.type
    }
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arns[var.home_region]
  }

  dynamic "warm_throughput" {
    for_each = var.warm_throughput[*]

    content {
      read_units_per_second  = warm_throughput.value.read_units_per_second
      write_units_per_second = warm_throughput.value.write_units_per_second
    }
  }

  # Strong: a write commits in two regions before it succeeds, and a condition sees every earlier write anywhere.
  # Eventual consistency would let two regions both accept a voter's ballot.
  dynamic "replica" {
    for_each = local.peers

    content {
      region_name                 = replica.value
      consistency_mode            = "STRONG"
      kms_key_arn                 = var.kms_key_arns[replica.value]
      point_in_time_recovery      = true
      deletion_protection_enabled = var.deletion_protection
      propagate_tags              = true
    }
  }

  dynamic "global_table_witness" {
    for_each = var.witness_region[*]

    content {
      region_name = global_table_witness.value
    }
  }
}

# A strong table doesn't pass its stream's definition on to its replicas (terraform-provider-aws issue 48213): each
# replica's is switched on by itself, and its ARN read back.
resource "terraform_data" "stream" {
  for_each = local.peers

  triggers_replace = [aws_dynamodb_table.global["ballots"].id, each.value]

  provisioner "local-exec" {
    command = "sh ${path.module}/enable-stream.sh"

    environment = {
      ACCOUNT = var.account_id
      REGION  = each.value
      TABLE   = aws_dynamodb_table.global["ballots"].name
    }
  }
}

data "aws_dynamodb_table" "ballots" {
  for_each = local.peers

  region = each.value
  name   = aws_dynamodb_table.global["ballots"].name

  depends_on = [terraform_data.stream]

  lifecycle {
    postcondition {
      condition     = startswith(coalesce(self.stream_arn, "none"), "arn:")
      error_message = "The replica in ${each.value} has no stream, so nothing would be counted there. Run modules/database/enable-stream.sh by hand, then apply again."
    }
  }
}

# Not replicated, so it may use transactions: counts and checkpoint commit together.
resource "aws_dynamodb_table" "tallies" {
  for_each = toset(var.replica_regions)

  region       = each.value
  name         = "${var.name}-tallies"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "generation"
  range_key    = "item"

  deletion_protection_enabled = var.deletion_protection

  attribute {
    name = "generation"
    type = "S"
  }

  attribute {
    name = "item"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arns[each.value]
  }
}
