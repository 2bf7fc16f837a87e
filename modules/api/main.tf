# Owns one region's HTTP API: the REST API from the project's OpenAPI document (routes.tf), its stage, its names,
# its firewall. Logs say which route, status and latency; never a path or an address.

resource "aws_api_gateway_rest_api" "election" {
  region      = var.region
  name        = "${var.name}-api"
  description = "The election's API in ${var.region}"
  body        = jsonencode(local.body)

  # Only the names below lead here.
  disable_execute_api_endpoint = true
  minimum_compression_size     = "1024"
  put_rest_api_mode            = "overwrite"

  endpoint_configuration {
    types           = ["REGIONAL"]
    ip_address_type = "dualstack"
  }

  lifecycle {
    create_before_destroy = true

    precondition {
      condition     = toset(keys(local.functions_of_routes)) == toset(local.routes)
      error_message = "openapi.json and functions_of_routes disagree on the routes."
    }
  }
}

resource "aws_api_gateway_deployment" "election" {
  region      = var.region
  rest_api_id = aws_api_gateway_rest_api.election.id

  triggers = {
    body = sha256(jsonencode(local.body))
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "access" {
  region            = var.region
  name              = "/aws/apigateway/${var.name}"
  kms_key_id        = var.logs_key_arn
  retention_in_days = var.log_retention_days
}

resource "aws_api_gateway_stage" "live" {
  region        = var.region
  rest_api_id   = aws_api_gateway_rest_api.election.id
  deployment_id = aws_api_gateway_deployment.election.id
  stage_name    = "live"

  # A trace of API Gateway's has the path, and a receipt is a path.
  xray_tracing_enabled = false

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    # API Gateway refuses a format without a request id. It is random, and nothing after the queue has it.
    format = jsonencode({
      request    = "$context.requestId"
      method     = "$context.httpMethod"
      route      = "$context.resourcePath"
      status     = "$context.status"
      latency_ms = "$context.responseLatency"
    })
  }

  depends_on = [aws_api_gateway_account.logs]
}

resource "aws_api_gateway_method_settings" "every_route" {
  region      = var.region
  rest_api_id = aws_api_gateway_rest_api.election.id
  stage_name  = aws_api_gateway_stage.live.stage_name
  method_path = "*/*"

  settings {
    # Execution logs have paths, addresses and, with the data trace, whole votes.
    logging_level          = "OFF"
    data_trace_enabled     = false
    metrics_enabled        = true
    throttling_rate_limit  = var.votes_per_second
    throttling_burst_limit = local.burst
  }
}

resource "aws_api_gateway_method_settings" "route" {
  for_each = local.rate_limits

  region      = var.region
  rest_api_id = aws_api_gateway_rest_api.election.id
  stage_name  = aws_api_gateway_stage.live.stage_name
  method_path = "${trimprefix(split(" ", each.key)[1], "/")}/${split(" ", each.key)[0]}"

  settings {
    logging_level          = "OFF"
    data_trace_enabled     = false
    metrics_enabled        = true
    throttling_rate_limit  = each.value
    throttling_burst_limit = min(each.value * 2, 5000)
  }

  depends_on = [aws_api_gateway_method_settings.every_route]
}

resource "aws_lambda_permission" "api" {
  for_each = toset(values(local.functions_of_routes))

  region        = var.region
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = var.function_names[each.value]
  qualifier     = "live"
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.election.execution_arn}/${aws_api_gateway_stage.live.stage_name}/*"
}

# API Gateway writes access logs with a role that belongs to the account's region, not to an API.
resource "aws_iam_role" "logs" {
  name        = "${var.name}-${var.region}-api-logs"
  description = "API Gateway's access logs in ${var.region}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "apigateway.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.logs.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}

resource "aws_api_gateway_account" "logs" {
  region              = var.region
  cloudwatch_role_arn = aws_iam_role.logs.arn

  depends_on = [aws_iam_role_policy_attachment.logs]
}

module "firewall" {
  source = "../firewall"

  edge_secret               = var.edge_secret
  log_retention_days        = var.log_retention_days
  logs_key_arn              = var.logs_key_arn
  name                      = "${var.name}-${var.region}"
  region                    = var.region
  requests_per_five_minutes = var.requests_per_five_minutes
  scope                     = "REGIONAL"
}

resource "aws_wafv2_web_acl_association" "api" {
  region       = var.region
  resource_arn = aws_api_gateway_stage.live.arn
  web_acl_arn  = module.firewall.arn
}
