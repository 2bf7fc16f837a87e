# Owns the two sites, voting and results: a private bucket each, and the distribution that alone may read it.
# Pages call the API under their own host, so they contact no other website and need no preflight; behaviours pass
# those paths on. Neither distribution keeps a log: paths hold receipts.

locals {
  hosts = {
    results = "results.${var.domain}"
    voting  = "vote.${var.domain}"
  }

  api_host = "api.${var.domain}"

  # What answers the results if the nearest region doesn't. Only reads fail over: CloudFront never repeats a POST.
  fallback = length(var.regions) > 1 ? sort(var.regions)[1] : null

  every_method = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
  reads        = ["GET", "HEAD", "OPTIONS"]

  # Path to how it is passed on. A path that isn't here is a page.
  api_behaviors = {
    voting = merge(
      { for path in ["/eligibility", "/receipts/*", "/visits", "/votes"] : path => { origin = "api", cached = false, prefixed = false } },
      { "/election" = { origin = local.fallback == null ? "api" : "nearest-then-fallback", cached = true, prefixed = false } },
      { for region in var.regions : "/regions/${region}/*" => { origin = region, cached = false, prefixed = true } },
    )
    results = merge(
      { for path in ["/election", "/votes"] : path => { origin = local.fallback == null ? "api" : "nearest-then-fallback", cached = true, prefixed = false } },
      { for region in var.regions : "/regions/${region}/votes" => { origin = region, cached = true, prefixed = true } },
    )
  }

  common_files = {
    "/.well-known/security.txt" = "/assets/security.txt"
    "/config.json"              = "/assets/config.json"
  }

  # Which object a page's address means.
  pages = {
    voting = {
      files     = merge(local.common_files, { "/" = "/assets/vote/index.html", "/check" = "/assets/vote/check.html" })
      elsewhere = { "/results" = "https://${local.hosts.results}/results" }
      front     = ""
    }
    results = {
      files     = merge(local.common_files, { "/results" = "/assets/results/index.html", "/results/" = "/assets/results/index.html" })
      elsewhere = { "/" = "https://${local.hosts.voting}/", "/check" = "https://${local.hosts.voting}/check" }
      front     = "/results"
    }
  }

  content_security_policy = join("; ", [
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "font-src 'self'",
    "connect-src 'self' https://${local.api_host}", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
  ])

  # AWS's managed policies, by their published ids.
  caching_disabled            = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
  all_viewer_except_host_name = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
}

module "firewall" {
  source = "../firewall"

  log_retention_days        = var.log_retention_days
  logs_key_arn              = var.logs_key_arn
  name                      = "${var.name}-edge"
  region                    = "us-east-1"
  requests_per_five_minutes = var.requests_per_five_minutes
  scope                     = "CLOUDFRONT"
}

resource "aws_cloudfront_origin_access_control" "site" {
  for_each = local.hosts

  name                              = "${var.name}-${each.key}"
  description                       = "Reads the ${each.key} site's bucket"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_function" "pages" {
  for_each = local.pages

  name    = "${var.name}-${each.key}-pages"
  runtime = "cloudfront-js-2.0"
  publish = true
  code = templatefile("${path.module}/functions/pages.js", {
    elsewhere = jsonencode(each.value.elsewhere)
    files     = jsonencode(each.value.files)
    front     = each.value.front
  })
}

resource "aws_cloudfront_function" "regions" {
  name    = "${var.name}-regions"
  runtime = "cloudfront-js-2.0"
  publish = true
  code    = file("${path.module}/functions/regions.js")
}

resource "aws_cloudfront_cache_policy" "results" {
  name        = "${var.name}-results"
  comment     = "One answer a second for everybody"
  min_ttl     = 1
  default_ttl = 1
  max_ttl     = 2

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true

    cookies_config {
      cookie_behavior = "none"
    }

    headers_config {
      header_behavior = "none"
    }

    query_strings_config {
      query_string_behavior = "whitelist"

      query_strings {
        items = ["contest", "jurisdiction"]
      }
    }
  }
}

resource "aws_cloudfront_cache_policy" "pages" {
  name        = "${var.name}-pages"
  comment     = "As the objects say"
  min_ttl     = 0
  default_ttl = 60
  max_ttl     = 86400

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true

    cookies_config {
      cookie_behavior = "none"
    }

    headers_config {
      header_behavior = "none"
    }

    query_strings_config {
      query_string_behavior = "none"
    }
  }
}

resource "aws_cloudfront_response_headers_policy" "pages" {
  name    = "${var.name}-pages"
  comment = "What a page may do in a browser"

  security_headers_config {
    content_security_policy {
      content_security_policy = local.content_security_policy
      override                = true
    }

    content_type_options {
      override = true
    }

    frame_options {
      frame_option = "DENY"
      override     = true
    }

    referrer_policy {
      referrer_policy = "no-referrer"
      override        = true
    }

    strict_transport_security {
      access_control_max_age_sec = 63072000
      include_subdomains         = true
      preload                    = true
      override                   = true
    }
  }
}

# The API's own headers stay as they are.
resource "aws_cloudfront_response_headers_policy" "api" {
  name    = "${var.name}-api"
  comment = "What every answer has"

  security_headers_config {
    content_type_options {
      override = true
    }

    referrer_policy {
      referrer_policy = "no-referrer"
      override        = true
    }

    strict_transport_security {
      access_control_max_age_sec = 63072000
      include_subdomains         = true
      preload                    = true
      override                   = true
    }
  }
}

resource "aws_cloudfront_distribution" "site" {
  for_each = local.hosts

  aliases         = [each.value]
  comment         = "${var.name}: ${each.key}"
  enabled         = true
  http_version    = "http2and3"
  is_ipv6_enabled = true
  price_class     = var.price_class
  web_acl_id      = module.firewall.arn

  origin {
    origin_id                = "pages"
    domain_name              = aws_s3_bucket.site[each.key].bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.site[each.key].id
  }

  dynamic "origin" {
    for_each = merge({ api = local.api_host }, { for region in var.regions : region => "${region}.${local.api_host}" })

    content {
      origin_id           = origin.key
      domain_name         = origin.value
      connection_attempts = 2
      connection_timeout  = 3

      custom_header {
        name  = "x-election-edge"
        value = var.edge_secret
      }

      custom_origin_config {
        http_port              = 80
        https_port             = 443
        origin_protocol_policy = "https-only"
        origin_read_timeout    = 10
        origin_ssl_protocols   = ["TLSv1.2"]
      }
    }
  }

  dynamic "origin_group" {
    for_each = local.fallback[*]

    content {
      origin_id = "nearest-then-fallback"

      failover_criteria {
        status_codes = [500, 502, 503, 504]
      }

      member {
        origin_id = "api"
      }

      member {
        origin_id = origin_group.value
      }
    }
  }

  default_cache_behavior {
    target_origin_id           = "pages"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    cache_policy_id            = aws_cloudfront_cache_policy.pages.id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.pages.id
    compress                   = true

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.pages[each.key].arn
    }
  }

  dynamic "ordered_cache_behavior" {
    for_each = local.api_behaviors[each.key]

    content {
      path_pattern               = ordered_cache_behavior.key
      target_origin_id           = ordered_cache_behavior.value.origin
      viewer_protocol_policy     = "https-only"
      allowed_methods            = ordered_cache_behavior.value.cached ? local.reads : local.every_method
      cached_methods             = ["GET", "HEAD"]
      cache_policy_id            = ordered_cache_behavior.value.cached ? aws_cloudfront_cache_policy.results.id : local.caching_disabled
      origin_request_policy_id   = ordered_cache_behavior.value.cached ? null : local.all_viewer_except_host_name
      response_headers_policy_id = aws_cloudfront_response_headers_policy.api.id
      compress                   = true

      dynamic "function_association" {
        for_each = ordered_cache_behavior.value.prefixed ? [aws_cloudfront_function.regions.arn] : []

        content {
          event_type   = "viewer-request"
          function_arn = function_association.value
        }
      }
    }
  }

  # Otherwise CloudFront keeps a refusal for ten seconds: "not recorded yet", or a region's hiccup.
  dynamic "custom_error_response" {
    for_each = [400, 403, 404, 405, 414, 500, 501, 502, 503, 504]

    content {
      error_code            = custom_error_response.value
      error_caching_min_ttl = 0
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    acm_certificate_arn      = var.certificate_arn
    minimum_protocol_version = "TLSv1.2_2021"
    ssl_support_method       = "sni-only"
  }
}

resource "aws_route53_record" "site" {
  for_each = { for pair in setproduct(keys(local.hosts), ["A", "AAAA"]) : join("/", pair) => { site = pair[0], type = pair[1] } }

  zone_id = var.zone_id
  name    = local.hosts[each.value.site]
  type    = each.value.type

  alias {
    name                   = aws_cloudfront_distribution.site[each.value.site].domain_name
    zone_id                = aws_cloudfront_distribution.site[each.value.site].hosted_zone_id
    evaluate_target_health = false
  }
}
