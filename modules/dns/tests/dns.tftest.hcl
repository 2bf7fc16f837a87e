mock_provider "aws" {
  source = "../../tests/terraform/mocks"
}

run "a_switch_is_in_another_region_and_remembers" {
  command = plan

  assert {
    condition     = alltrue([for region, alarm in aws_cloudwatch_metric_alarm.switch : alarm.region != region && alarm.dimensions["Region"] == region])
    error_message = "A region in trouble isn't needed to take itself out."
  }

  assert {
    condition     = alltrue([for check in values(aws_route53_health_check.switch) : check.type == "CLOUDWATCH_METRIC" && check.insufficient_data_health_status == "LastKnownStatus"])
    error_message = "A switch keeps its last position."
  }
}

run "a_region_is_in_while_both_checks_are_well" {
  command = plan

  assert {
    condition     = toset(keys(aws_route53_health_check.region)) == toset(["us-east-1", "us-east-2", "us-west-2"]) && alltrue([for check in values(aws_route53_health_check.region) : check.type == "CALCULATED" && check.child_health_threshold == 2])
    error_message = "Shallow health and the switch, for each region."
  }

  assert {
    condition     = alltrue([for region, check in aws_route53_health_check.shallow : check.resource_path == "/health" && check.request_interval == 10 && check.fqdn == "${region}.api.election.example"])
    error_message = "Shallow, each ten seconds, at the region's own name."
  }
}

run "only_amazon_issues_certificates" {
  command = plan

  assert {
    condition     = aws_route53_record.authority.type == "CAA" && alltrue([for record in aws_route53_record.authority.records : strcontains(record, "amazon.com")])
    error_message = "A CAA record."
  }

  assert {
    condition     = aws_acm_certificate.edge.region == "us-east-1" && toset(keys(aws_route53_record.proof)) == toset(["*.election.example", "api.election.example"])
    error_message = "The distributions' certificate, and the proofs of all names."
  }
}

run "a_parent_in_this_account_is_told" {
  command = plan

  variables {
    parent_zone_id = "ZPARENT"
  }

  assert {
    condition     = aws_route53_record.delegation[0].zone_id == "ZPARENT" && aws_route53_record.delegation[0].type == "NS"
    error_message = "The delegation."
  }
}

run "one_region_holds_its_own_switch" {
  command = plan

  variables {
    regions = ["us-east-1"]
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.switch["us-east-1"].region == "us-east-1"
    error_message = "There is no other."
  }
}

run "bad_input_is_refused" {
  command = plan

  variables {
    domain         = "Election.example."
    parent_zone_id = "election.example"
    regions        = []
  }

  expect_failures = [var.domain, var.parent_zone_id, var.regions]
}
