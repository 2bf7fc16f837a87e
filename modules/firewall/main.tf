# Owns a web ACL: AWS's managed rules, and a limit of requests per address that a carrier's NAT survives.
# It must never keep who asked for what: samples are off, and only refused requests are logged, without address of
# the page (a receipt is in it) and query.

locals {
  is_regional = var.scope == "REGIONAL"

  # Rules of AWS's sets that would refuse a good vote: a ballot may have 64 KiB, and a written-in name may look
  # like anything. The service reads bodies strictly by itself. These only count.
  managed_rules = {
    AWSManagedRulesAmazonIpReputationList = { priority = 10, counted = [] }
    AWSManagedRulesCommonRuleSet = {
      priority = 20
      counted  = ["CrossSiteScripting_BODY", "EC2MetaDataSSRF_BODY", "GenericLFI_BODY", "GenericRFI_BODY", "NoUserAgent_HEADER", "SizeRestrictions_BODY"]
    }
  }
}

resource "aws_wafv2_web_acl" "firewall" {
  region      = var.region
  name        = var.name
  description = "Managed rules and a rate limit"
  scope       = var.scope

  default_action {
    allow {}
  }

  # A refusal that clients understand: later, not never.
  custom_response_body {
    key          = "later"
    content_type = "APPLICATION_JSON"
    content = jsonencode({
      status = 429
      code   = "too-many-requests"
      title  = "Too many requests came from this address"
      detail = "Send the same request again in a few minutes."
    })
  }

  rule {
    name     = "requests-per-address"
    priority = 0

    action {
      block {
        custom_response {
          response_code            = 429
          custom_response_body_key = "later"

          response_header {
            name  = "Retry-After"
            value = "60"
          }
        }
      }
    }

    statement {
      rate_based_statement {
        aggregate_key_type    = "IP"
        evaluation_window_sec = 300
        limit                 = var.requests_per_five_minutes

        # What comes through the website's distributions was counted there, by the voter's address. Here it has
        # the distribution's.
        dynamic "scope_down_statement" {
          for_each = local.is_regional ? ["x-election-edge"] : []

          content {
            not_statement {
              statement {
                byte_match_statement {
                  positional_constraint = "EXACTLY"
                  search_string         = var.edge_secret

                  field_to_match {
                    single_header {
                      name = scope_down_statement.value
                    }
                  }

                  text_transformation {
                    priority = 0
                    type     = "NONE"
                  }
                }
              }
            }
          }
        }
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "requests-per-address"
      sampled_requests_enabled   = false
    }
  }

  dynamic "rule" {
    for_each = local.managed_rules

    content {
      name     = rule.key
      priority = rule.value.priority

      override_action {
        none {}
      }

      statement {
        managed_rule_group_statement {
          vendor_name = "AWS"
          name        = rule.key

          dynamic "rule_action_override" {
            for_each = rule.value.counted

            content {
              name = rule_action_override.value

              action_to_use {
                count {}
              }
            }
          }
        }
      }

      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = rule.key
        sampled_requests_enabled   = false
      }
    }
  }

  # Known attacks on other software, Log4j's among them.
  rule {
    name     = "AWSManagedRulesKnownBadInputsRuleSet"
    priority = 30

    override_action {
      none {}
    }

    statement {
      managed_rule_group_statement {
        vendor_name = "AWS"
        name        = "AWSManagedRulesKnownBadInputsRuleSet"
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "AWSManagedRulesKnownBadInputsRuleSet"
      sampled_requests_enabled   = false
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = var.name
    sampled_requests_enabled   = false
  }
}

# WAF insists on this prefix.
resource "aws_cloudwatch_log_group" "firewall" {
  region            = var.region
  name              = "aws-waf-logs-${var.name}"
  kms_key_id        = var.logs_key_arn
  retention_in_days = var.log_retention_days
}

resource "aws_wafv2_web_acl_logging_configuration" "firewall" {
  region                  = var.region
  resource_arn            = aws_wafv2_web_acl.firewall.arn
  log_destination_configs = [aws_cloudwatch_log_group.firewall.arn]

  redacted_fields {
    uri_path {}
  }

  redacted_fields {
    query_string {}
  }

  dynamic "redacted_fields" {
    for_each = ["authorization", "cookie", "referer", "user-agent", "x-election-edge"]

    content {
      single_header {
        name = redacted_fields.value
      }
    }
  }

  # A log of every address that voted, with the time, is what nobody should have.
  logging_filter {
    default_behavior = "DROP"

    filter {
      behavior    = "KEEP"
      requirement = "MEETS_ANY"

      condition {
        action_condition {
          action = "BLOCK"
        }
      }
    }
  }
}
