mock_provider "aws" {
  source = "../../tests/terraform/mocks"
}

run "no_bucket_is_public" {
  command = plan

  assert {
    condition = toset(keys(aws_s3_bucket_public_access_block.site)) == toset(["results", "voting"]) && alltrue([
      for block in values(aws_s3_bucket_public_access_block.site) : block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets
    ])
    error_message = "All four blocks on both buckets."
  }

  assert {
    condition     = alltrue([for controls in values(aws_s3_bucket_ownership_controls.site) : controls.rule[0].object_ownership == "BucketOwnerEnforced"])
    error_message = "No access lists."
  }
}

run "only_its_own_distribution_reads_a_bucket" {
  command = apply # the policy has the distribution's ARN; with the mocks nothing is made

  assert {
    condition = alltrue(flatten([
      for site, policy in aws_s3_bucket_policy.site : [
        for statement in jsondecode(policy.policy).Statement :
        statement.Principal.Service == "cloudfront.amazonaws.com" && statement.Condition.StringEquals["aws:SourceArn"] == aws_cloudfront_distribution.site[site].arn && statement.Action == ["s3:GetObject"]
        if statement.Effect == "Allow"
      ]
    ]))
    error_message = "One reader: CloudFront, for this distribution."
  }

  assert {
    condition     = alltrue([for policy in values(aws_s3_bucket_policy.site) : anytrue([for statement in jsondecode(policy.policy).Statement : statement.Effect == "Deny" && statement.Sid == "RequireTls"])])
    error_message = "No plain HTTP."
  }

  assert {
    condition     = output.website_url == "https://vote.election.example" && output.results_url == "https://results.election.example/results"
    error_message = "Addresses."
  }
}

run "viewers_and_origins_need_tls_1_2" {
  command = plan

  assert {
    condition     = alltrue([for distribution in values(aws_cloudfront_distribution.site) : distribution.viewer_certificate[0].minimum_protocol_version == "TLSv1.2_2021"])
    error_message = "Viewers."
  }

  assert {
    condition = alltrue(flatten([
      for distribution in values(aws_cloudfront_distribution.site) : [
        for origin in distribution.origin : [for config in origin.custom_origin_config : config.origin_protocol_policy == "https-only" && config.origin_ssl_protocols == toset(["TLSv1.2"])]
      ]
    ]))
    error_message = "Origins."
  }

  assert {
    condition = alltrue(flatten([
      for distribution in values(aws_cloudfront_distribution.site) : concat(
        [distribution.default_cache_behavior[0].viewer_protocol_policy == "redirect-to-https"],
        [for behavior in distribution.ordered_cache_behavior : behavior.viewer_protocol_policy == "https-only"],
      )
    ]))
    error_message = "Nothing over plain HTTP."
  }
}

run "pages_have_the_headers_that_the_design_names" {
  command = plan

  assert {
    condition     = one(one(aws_cloudfront_response_headers_policy.pages.security_headers_config).content_security_policy).content_security_policy == "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self' https://api.election.example; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    error_message = "The content security policy."
  }

  assert {
    condition = (
      one(one(aws_cloudfront_response_headers_policy.pages.security_headers_config).referrer_policy).referrer_policy == "no-referrer"
      && one(one(aws_cloudfront_response_headers_policy.pages.security_headers_config).content_type_options).override
      && one(one(aws_cloudfront_response_headers_policy.pages.security_headers_config).strict_transport_security).access_control_max_age_sec >= 31536000
    )
    error_message = "No referrer, nosniff, HSTS."
  }
}

run "results_are_cached_for_a_second_and_fail_over" {
  command = plan

  assert {
    condition     = aws_cloudfront_cache_policy.results.min_ttl == 1 && aws_cloudfront_cache_policy.results.max_ttl == 2
    error_message = "One to two seconds."
  }

  assert {
    condition = anytrue([
      for behavior in aws_cloudfront_distribution.site["results"].ordered_cache_behavior : behavior.target_origin_id == "nearest-then-fallback" && behavior.allowed_methods == toset(["GET", "HEAD", "OPTIONS"]) if behavior.path_pattern == "/votes"
    ])
    error_message = "GET /votes of the results fails over."
  }

  assert {
    condition     = one(aws_cloudfront_distribution.site["results"].origin_group).member[*].origin_id == tolist(["api", "us-east-2"])
    error_message = "The nearest region, then another."
  }
}

run "casting_is_never_cached" {
  command = plan

  assert {
    condition = alltrue([
      for behavior in aws_cloudfront_distribution.site["voting"].ordered_cache_behavior :
      behavior.cache_policy_id == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad" && contains(behavior.allowed_methods, "POST") if behavior.path_pattern != "/election"
    ])
    error_message = "A vote, a ballot or a receipt in a cache."
  }

  assert {
    condition     = toset(aws_cloudfront_distribution.site["voting"].ordered_cache_behavior[*].path_pattern) == toset(["/election", "/eligibility", "/receipts/*", "/regions/us-east-1/*", "/regions/us-east-2/*", "/regions/us-west-2/*", "/visits", "/votes"])
    error_message = "What the pages ask."
  }

  assert {
    condition     = alltrue(flatten([for distribution in values(aws_cloudfront_distribution.site) : [for response in distribution.custom_error_response : response.error_caching_min_ttl == 0]]))
    error_message = "Refusals aren't kept."
  }
}

run "nothing_logs_paths" {
  command = plan

  assert {
    condition     = alltrue([for distribution in values(aws_cloudfront_distribution.site) : length(distribution.logging_config) == 0])
    error_message = "Paths hold receipts."
  }
}

run "one_region_has_nowhere_to_fail_over_to" {
  command = plan

  variables {
    regions = ["us-east-1"]
  }

  assert {
    condition     = length(aws_cloudfront_distribution.site["results"].origin_group) == 0
    error_message = "An origin group needs two members."
  }
}

run "bad_input_is_refused" {
  command = plan

  variables {
    certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/00000000-0000-4000-8000-000000000000"
    price_class     = "PriceClass_1"
    regions         = []
  }

  expect_failures = [var.certificate_arn, var.price_class, var.regions]
}
