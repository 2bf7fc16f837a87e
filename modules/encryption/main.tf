# Owns every KMS key: four multi-region keys, their replicas in all regions, and who may use each.
# The ballot secret has a key of its own, so that no other role can learn which ballot is whose.

locals {
  # Route 53's metrics and CloudFront's firewall live in us-east-1, wherever the election does: their logs and alarms
  # need a key there.
  log_regions = setunion(var.regions, ["us-east-1"])

  replicas = merge([
    for purpose in keys(local.policies) : {
      for region in setsubtract(purpose == "logs" ? local.log_regions : var.regions, [var.home_region]) : "${purpose}/${region}" => {
        purpose = purpose
        region  = region
      }
    }
  ]...)

  aliases = merge(
    { for purpose, key in aws_kms_key.primary : "${purpose}/${var.home_region}" => {
      purpose = purpose
      region  = var.home_region
      key_id  = key.key_id
    } },
    { for id, key in aws_kms_replica_key.peer : id => {
      purpose = local.replicas[id].purpose
      region  = local.replicas[id].region
      key_id  = key.key_id
    } },
  )

  # Purpose, then region, to the ARN of the key there.
  arns = {
    for purpose, key in aws_kms_key.primary : purpose => merge(
      { (var.home_region) = key.arn },
      { for id, replica in aws_kms_replica_key.peer : local.replicas[id].region => replica.arn if local.replicas[id].purpose == purpose },
    )
  }
}

resource "aws_kms_key" "primary" {
  for_each = local.policies

  region                  = var.home_region
  description             = "${var.name}: ${local.descriptions[each.key]}"
  multi_region            = true
  enable_key_rotation     = true
  deletion_window_in_days = var.deletion_window_days
  policy                  = each.value
}

resource "aws_kms_replica_key" "peer" {
  for_each = local.replicas

  region                  = each.value.region
  description             = "${var.name}: ${local.descriptions[each.value.purpose]}"
  primary_key_arn         = aws_kms_key.primary[each.value.purpose].arn
  deletion_window_in_days = var.deletion_window_days
  policy                  = local.policies[each.value.purpose]
}

resource "aws_kms_alias" "name" {
  for_each = local.aliases

  region        = each.value.region
  name          = "alias/${var.name}-${each.value.purpose}"
  target_key_id = each.value.key_id
}
