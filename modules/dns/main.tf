# Owns the domain: its zone and delegation, the certificates' proofs, and which regions are answered with.
# A region is taken out by its health checks' state, never by editing a record: that works while AWS's control planes
# don't.

locals {
  # The switch of each region is in the next one, so that a region in trouble isn't needed to take itself out.
  ordered         = sort(var.regions)
  switch_regions  = { for index, region in local.ordered : region => local.ordered[(index + 1) % length(local.ordered)] }
  proved_by_names = toset(["*.${var.domain}", "api.${var.domain}"])

  # Made up where there is no AWS: a certificate's proofs are told by AWS alone, one for each of its names.
  proofs = length(aws_acm_certificate.edge.domain_validation_options) > 0 ? aws_acm_certificate.edge.domain_validation_options : [
    for name in local.proved_by_names : {
      domain_name           = name
      resource_record_name  = "_unproved.${trimprefix(name, "*.")}"
      resource_record_type  = "CNAME"
      resource_record_value = "unproved.acm-validations.aws."
    }
  ]
}

resource "aws_route53_zone" "domain" {
  name          = var.domain
  comment       = "The election"
  force_destroy = false
}

# Only if the parent's zone is in this account; otherwise the registrar is told by hand.
resource "aws_route53_record" "delegation" {
  count = var.parent_zone_id == null ? 0 : 1

  zone_id = var.parent_zone_id
  name    = var.domain
  type    = "NS"
  ttl     = 3600
  records = aws_route53_zone.domain.name_servers
}

# Nobody but Amazon may issue certificates for these names.
resource "aws_route53_record" "authority" {
  zone_id = aws_route53_zone.domain.zone_id
  name    = var.domain
  type    = "CAA"
  ttl     = 3600
  records = ["0 issue \"amazon.com\"", "0 issuewild \"amazon.com\""]
}

# For the distributions, which look in us-east-1 only. It also proves the API's names, for the regions' certificates:
# a name and its wildcard have one and the same record in all regions of an account.
resource "aws_acm_certificate" "edge" {
  region                    = "us-east-1"
  domain_name               = "*.${var.domain}"
  subject_alternative_names = ["api.${var.domain}"]
  validation_method         = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "proof" {
  for_each = local.proved_by_names

  zone_id = aws_route53_zone.domain.zone_id
  name    = one([for option in local.proofs : option.resource_record_name if option.domain_name == each.value])
  type    = one([for option in local.proofs : option.resource_record_type if option.domain_name == each.value])
  ttl     = 300
  records = [for option in local.proofs : option.resource_record_value if option.domain_name == each.value]
}

resource "aws_acm_certificate_validation" "edge" {
  region                  = "us-east-1"
  certificate_arn         = aws_acm_certificate.edge.arn
  validation_record_fqdns = [for record in aws_route53_record.proof : record.fqdn]
}

# The operators' switch: the last value that anybody put says whether the region is out (1) or in (0). One
# `aws cloudwatch put-metric-data`; see docs/OPERATIONS.md.
resource "aws_cloudwatch_metric_alarm" "switch" {
  for_each = local.switch_regions

  region              = each.value
  alarm_name          = "${var.name}-switch-${each.key}"
  alarm_description   = "An operator took ${each.key} out of routing."
  namespace           = "Election/Switch"
  metric_name         = "RegionOut"
  dimensions          = { Region = each.key }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "ignore"
  alarm_actions       = compact([lookup(var.alarm_topic_arns, each.value, "")])
  ok_actions          = compact([lookup(var.alarm_topic_arns, each.value, "")])
}

resource "aws_route53_health_check" "switch" {
  for_each = local.switch_regions

  type                            = "CLOUDWATCH_METRIC"
  cloudwatch_alarm_name           = aws_cloudwatch_metric_alarm.switch[each.key].alarm_name
  cloudwatch_alarm_region         = each.value
  insufficient_data_health_status = "LastKnownStatus"
  reference_name                  = substr("${var.name}-switch-${each.key}", 0, 27)
}

# Shallow on purpose: it takes a region out whose election can't be read, not one whose peer's queue is slow.
resource "aws_route53_health_check" "shallow" {
  for_each = var.regions

  type              = "HTTPS"
  fqdn              = "${each.value}.api.${var.domain}"
  port              = 443
  resource_path     = "/health"
  request_interval  = 10
  failure_threshold = 3
  enable_sni        = true
  reference_name    = substr("${var.name}-${each.value}", 0, 27)
}

# Both must be well: the shallow check, and the switch. The deep check only raises an alarm, because a fault that all
# regions share must not remove them all.
resource "aws_route53_health_check" "region" {
  for_each = var.regions

  type                   = "CALCULATED"
  child_healthchecks     = [aws_route53_health_check.shallow[each.value].id, aws_route53_health_check.switch[each.value].id]
  child_health_threshold = 2
  reference_name         = substr("${var.name}-in-${each.value}", 0, 27)
}
