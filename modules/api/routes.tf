# The API's document as API Gateway imports it: the project's own (openapi.json), with the function that serves each
# route, validation of bodies, and what the gateway says when it refuses by itself.

locals {
  functions_of_routes = {
    "GET /election"           = "results"
    "GET /health"             = "health-check"
    "GET /health/deep"        = "health-check"
    "GET /openapi.json"       = "results"
    "GET /receipts/{receipt}" = "results"
    "GET /visits"             = "results"
    "GET /votes"              = "results"
    "POST /eligibility"       = "vote-enqueuer"
    "POST /visits"            = "results"
    "POST /votes"             = "vote-enqueuer"
  }

  # Requests per second. A voter needs one of each POST, and some more when the network is bad.
  rate_limits = {
    "GET /election"           = var.votes_per_second * 2
    "GET /health"             = 100
    "GET /health/deep"        = 20
    "GET /openapi.json"       = 20
    "GET /receipts/{receipt}" = var.votes_per_second
    "GET /visits"             = var.votes_per_second
    "GET /votes"              = var.votes_per_second
    "POST /eligibility"       = var.votes_per_second * 2
    "POST /visits"            = var.votes_per_second
    "POST /votes"             = var.votes_per_second * 2
  }

  # API Gateway's burst is 5,000 for an account and region.
  burst = min(var.votes_per_second * 2, 5000)

  document = jsondecode(file("${path.module}/openapi.json"))

  routes = flatten([for path, item in local.document.paths : [for method in keys(item) : "${upper(method)} ${path}"]])

  integrations = {
    for function in toset(values(local.functions_of_routes)) : function => {
      type                = "aws_proxy"
      httpMethod          = "POST"
      uri                 = var.invoke_arns[function]
      passthroughBehavior = "when_no_match"
      # The router gives up after 5 s.
      timeoutInMillis = 10000
    }
  }

  # HEAD as GET; OPTIONS to the same function, whose router knows which website may call.
  paths = {
    for path, item in local.document.paths : path => merge(
      {
        for method, operation in item : method => merge(operation, {
          "x-amazon-apigateway-integration"       = local.integrations[local.functions_of_routes["${upper(method)} ${path}"]]
          "x-amazon-apigateway-request-validator" = "body"
        })
      },
      {
        for method, operation in item : "head" => {
          parameters                        = [for parameter in try(operation.parameters, []) : parameter if parameter.in == "path"]
          responses                         = { "200" = { description = "as GET, without a body" } }
          "x-amazon-apigateway-integration" = local.integrations[local.functions_of_routes["GET ${path}"]]
        } if method == "get"
      },
      {
        options = {
          parameters                        = [for parameter in flatten([for operation in values(item) : try(operation.parameters, [])]) : parameter if parameter.in == "path"]
          responses                         = { "204" = { description = "what a website's script may do" } }
          "x-amazon-apigateway-integration" = local.integrations[local.functions_of_routes[try(item.post, null) != null ? "POST ${path}" : "GET ${path}"]]
        }
      },
    )
  }

  refusals = {
    BAD_REQUEST_BODY             = { status = 400, code = "request-malformed", title = "The request has another shape than the API's", detail = "See GET /openapi.json." }
    MISSING_AUTHENTICATION_TOKEN = { status = 404, code = "not-found", title = "There is nothing here", detail = "See GET /openapi.json for what there is." }
    REQUEST_TOO_LARGE            = { status = 413, code = "body-too-large", title = "The request is too large", detail = "A body has at most 64 KiB." }
    THROTTLED                    = { status = 503, code = "overloaded", title = "Too much is going on", detail = "Send the same request again." }
    QUOTA_EXCEEDED               = { status = 503, code = "overloaded", title = "Too much is going on", detail = "Send the same request again." }
    INTEGRATION_FAILURE          = { status = 503, code = "unavailable", title = "The service can't answer now", detail = "Send the same request again." }
    INTEGRATION_TIMEOUT          = { status = 503, code = "unavailable", title = "The service can't answer now", detail = "Send the same request again." }
    API_CONFIGURATION_ERROR      = { status = 503, code = "unavailable", title = "The service can't answer now", detail = "Send the same request again." }
    DEFAULT_5XX                  = { status = 503, code = "unavailable", title = "The service can't answer now", detail = "Send the same request again." }
  }

  body = merge(local.document, {
    paths = local.paths
    "x-amazon-apigateway-request-validators" = {
      body = { validateRequestBody = true, validateRequestParameters = false }
    }
    # A 503 promises nothing: the client sends the same ballot again, here or in another region.
    "x-amazon-apigateway-gateway-responses" = {
      for response, refusal in local.refusals : response => {
        statusCode        = refusal.status
        responseTemplates = { "application/json" = jsonencode(refusal) }
        responseParameters = merge(
          {
            "gatewayresponse.header.Access-Control-Allow-Origin" = "'*'"
            "gatewayresponse.header.Cache-Control"               = "'no-store'"
            "gatewayresponse.header.Content-Type"                = "'application/problem+json'"
            "gatewayresponse.header.X-Content-Type-Options"      = "'nosniff'"
          },
          { for header, value in { "gatewayresponse.header.Retry-After" = "'2'" } : header => value if refusal.status == 503 },
        )
      }
    }
  })
}
