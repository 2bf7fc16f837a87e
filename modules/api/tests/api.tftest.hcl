mock_provider "aws" {
  source = "../../tests/terraform/mocks"
}

run "routes_go_to_their_functions" {
  command = plan

  assert {
    condition = alltrue([
      for route, function in {
        "get /election"           = "results"
        "get /health"             = "health-check"
        "get /health/deep"        = "health-check"
        "get /openapi.json"       = "results"
        "get /receipts/{receipt}" = "results"
        "get /visits"             = "results"
        "get /votes"              = "results"
        "post /eligibility"       = "vote-enqueuer"
        "post /visits"            = "results"
        "post /votes"             = "vote-enqueuer"
        "options /votes"          = "vote-enqueuer"
        "options /election"       = "results"
        "head /votes"             = "results"
      } :
      jsondecode(aws_api_gateway_rest_api.election.body).paths[split(" ", route)[1]][split(" ", route)[0]]["x-amazon-apigateway-integration"].uri == var.invoke_arns[function]
    ])
    error_message = "A route goes to another function than the contract says."
  }

  assert {
    condition     = alltrue(flatten([for item in values(jsondecode(aws_api_gateway_rest_api.election.body).paths) : [for operation in values(item) : operation["x-amazon-apigateway-integration"].type == "aws_proxy"]]))
    error_message = "Every operation is a proxy's, OPTIONS too: the router answers CORS."
  }

  assert {
    condition     = startswith(jsondecode(aws_api_gateway_rest_api.election.body).openapi, "3.0.")
    error_message = "API Gateway imports OpenAPI 3.0."
  }
}

run "bodies_are_validated_and_refusals_are_problems" {
  command = plan

  assert {
    condition = (
      jsondecode(aws_api_gateway_rest_api.election.body)["x-amazon-apigateway-request-validators"].body.validateRequestBody
      && jsondecode(aws_api_gateway_rest_api.election.body).paths["/votes"].post["x-amazon-apigateway-request-validator"] == "body"
      && can(jsondecode(aws_api_gateway_rest_api.election.body).components.schemas.VoteRequest)
    )
    error_message = "Votes are validated against the document's model."
  }

  assert {
    condition = alltrue([
      for response in values(jsondecode(aws_api_gateway_rest_api.election.body)["x-amazon-apigateway-gateway-responses"]) :
      can(jsondecode(response.responseTemplates["application/json"]).code) && jsondecode(response.responseTemplates["application/json"]).status == response.statusCode
    ])
    error_message = "The gateway's own refusals are problem documents with a code."
  }

  assert {
    condition = alltrue([
      for response in values(jsondecode(aws_api_gateway_rest_api.election.body)["x-amazon-apigateway-gateway-responses"]) :
      response.responseParameters["gatewayresponse.header.Retry-After"] == "'2'" if response.statusCode == 503
    ])
    error_message = "Every 503 says when to come back."
  }

  assert {
    condition     = jsondecode(aws_api_gateway_rest_api.election.body)["x-amazon-apigateway-gateway-responses"].THROTTLED.statusCode == 503
    error_message = "A throttled vote must be sent again: 503, not a refusal."
  }
}

run "logs_tell_route_status_and_latency_only" {
  command = plan

  assert {
    condition = toset(values(jsondecode(aws_api_gateway_stage.live.access_log_settings[0].format))) == toset([
      "$context.requestId", "$context.httpMethod", "$context.resourcePath", "$context.status", "$context.responseLatency",
    ])
    error_message = "No path (it holds receipts), no address, no agent."
  }

  assert {
    condition     = alltrue([for settings in concat([aws_api_gateway_method_settings.every_route], values(aws_api_gateway_method_settings.route)) : settings.settings[0].logging_level == "OFF" && !settings.settings[0].data_trace_enabled])
    error_message = "Execution logs hold votes."
  }

  assert {
    condition     = !aws_api_gateway_stage.live.xray_tracing_enabled
    error_message = "Traces hold paths."
  }

  assert {
    condition     = aws_cloudwatch_log_group.access.kms_key_id == var.logs_key_arn && aws_cloudwatch_log_group.access.retention_in_days > 0
    error_message = "Encrypted, and not for ever."
  }
}

run "every_route_has_its_limit" {
  command = plan

  assert {
    condition     = length(aws_api_gateway_method_settings.route) == 10 && aws_api_gateway_method_settings.route["POST /votes"].settings[0].throttling_rate_limit == 1000
    error_message = "Twice the votes per second for casting."
  }

  assert {
    condition     = aws_api_gateway_method_settings.route["GET /receipts/{receipt}"].method_path == "receipts/{receipt}/GET"
    error_message = "A method's path has no slash before it."
  }
}

run "names_need_tls_1_2" {
  command = plan

  assert {
    condition     = alltrue([for domain in values(aws_api_gateway_domain_name.host) : domain.security_policy == "TLS_1_2"])
    error_message = "TLS 1.2 or later."
  }

  assert {
    condition     = aws_api_gateway_rest_api.election.disable_execute_api_endpoint
    error_message = "AWS's own name for the API would be a way around."
  }

  assert {
    condition     = aws_acm_certificate.api.validation_method == "DNS" && toset(aws_acm_certificate.api.subject_alternative_names) == toset(["*.api.election.example"])
    error_message = "One certificate for both names, renewed by a DNS record."
  }
}

run "the_nearest_healthy_region_answers" {
  command = plan

  assert {
    condition     = alltrue([for record in values(aws_route53_record.shared) : record.latency_routing_policy[0].region == "us-east-1" && record.health_check_id == var.health_check_id && record.name == "api.election.example"])
    error_message = "Latency records with the region's health check."
  }
}

run "bad_input_is_refused" {
  command = plan

  variables {
    invoke_arns      = { results = "arn:aws:lambda:us-east-1:123456789012:function:election-results" }
    votes_per_second = 0
  }

  expect_failures = [var.invoke_arns, var.votes_per_second]
}
