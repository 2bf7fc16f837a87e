mock_provider "aws" {
  source = "../../tests/terraform/mocks"
}

run "nobody_can_see_who_asked_for_what" {
  command = plan

  assert {
    condition     = !aws_wafv2_web_acl.firewall.visibility_config[0].sampled_requests_enabled && alltrue([for rule in aws_wafv2_web_acl.firewall.rule : !rule.visibility_config[0].sampled_requests_enabled])
    error_message = "A sample is a whole request, with its path and address."
  }

  assert {
    condition     = anytrue([for field in aws_wafv2_web_acl_logging_configuration.firewall.redacted_fields : length(field.uri_path) > 0]) && anytrue([for field in aws_wafv2_web_acl_logging_configuration.firewall.redacted_fields : length(field.query_string) > 0])
    error_message = "Paths hold receipts."
  }

  assert {
    condition     = aws_wafv2_web_acl_logging_configuration.firewall.logging_filter[0].default_behavior == "DROP"
    error_message = "Only refused requests are logged."
  }
}

run "a_carrier_s_nat_survives" {
  command = plan

  assert {
    condition = alltrue([
      for rule in aws_wafv2_web_acl.firewall.rule :
      one(one(rule.statement).rate_based_statement).limit >= 20000 && one(one(one(rule.action).block).custom_response).response_code == 429
      if rule.name == "requests-per-address"
    ]) && contains(aws_wafv2_web_acl.firewall.rule[*].name, "requests-per-address")
    error_message = "20,000 in five minutes; then 429, which clients try again."
  }
}

run "a_written_in_name_is_never_refused_by_a_pattern" {
  command = plan

  assert {
    condition = length(setsubtract(["CrossSiteScripting_BODY", "SizeRestrictions_BODY", "GenericLFI_BODY", "GenericRFI_BODY"], flatten([
      for rule in aws_wafv2_web_acl.firewall.rule : [
        for group in rule.statement[0].managed_rule_group_statement : [for override in group.rule_action_override : override.name]
      ]
    ]))) == 0
    error_message = "Rules on bodies only count."
  }
}

run "bad_input_is_refused" {
  command = plan

  variables {
    region                    = "us-east-2"
    requests_per_five_minutes = 100
    scope                     = "CLOUDFRONT"
  }

  expect_failures = [var.region, var.requests_per_five_minutes]
}

run "an_unknown_scope_is_refused" {
  command = plan

  variables {
    scope = "GLOBAL"
  }

  expect_failures = [var.scope]
}
