# The API's two names: one that all regions share, answered by the nearest healthy one, and one of the region alone,
# for the health checks, the pages' second try and the results' fail-over.

locals {
  domains = {
    shared   = "api.${var.domain}"
    regional = "${var.region}.api.${var.domain}"
  }
}

# `*.api.DOMAIN` and `api.DOMAIN` are proved by one and the same record in every region: modules/dns keeps it.
resource "aws_acm_certificate" "api" {
  region                    = var.region
  domain_name               = local.domains.shared
  subject_alternative_names = ["*.${local.domains.shared}"]
  validation_method         = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_acm_certificate_validation" "api" {
  region                  = var.region
  certificate_arn         = aws_acm_certificate.api.arn
  validation_record_fqdns = var.validation_record_fqdns
}

resource "aws_api_gateway_domain_name" "host" {
  for_each = local.domains

  region                   = var.region
  domain_name              = each.value
  regional_certificate_arn = aws_acm_certificate_validation.api.certificate_arn
  security_policy          = "TLS_1_2"

  endpoint_configuration {
    types           = ["REGIONAL"]
    ip_address_type = "dualstack"
  }
}

resource "aws_api_gateway_base_path_mapping" "host" {
  for_each = local.domains

  region      = var.region
  domain_name = aws_api_gateway_domain_name.host[each.key].domain_name
  api_id      = aws_api_gateway_rest_api.election.id
  stage_name  = aws_api_gateway_stage.live.stage_name
}

# The nearest region whose health check passes answers. The check is in modules/dns, with the others it is joined to.
resource "aws_route53_record" "shared" {
  for_each = toset(["A", "AAAA"])

  zone_id         = var.zone_id
  name            = local.domains.shared
  type            = each.value
  set_identifier  = var.region
  health_check_id = var.health_check_id

  latency_routing_policy {
    region = var.region
  }

  alias {
    name                   = aws_api_gateway_domain_name.host["shared"].regional_domain_name
    zone_id                = aws_api_gateway_domain_name.host["shared"].regional_zone_id
    evaluate_target_health = false
  }
}

resource "aws_route53_record" "regional" {
  for_each = toset(["A", "AAAA"])

  zone_id = var.zone_id
  name    = local.domains.regional
  type    = each.value

  alias {
    name                   = aws_api_gateway_domain_name.host["regional"].regional_domain_name
    zone_id                = aws_api_gateway_domain_name.host["regional"].regional_zone_id
    evaluate_target_health = false
  }
}
