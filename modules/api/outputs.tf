output "api_name" {
  description = "The API's name, as metrics call it."
  value       = aws_api_gateway_rest_api.election.name
}

output "host" {
  description = "The host of this region alone."
  value       = local.domains.regional
}

output "stage_name" {
  description = "The stage's name, as metrics call it."
  value       = aws_api_gateway_stage.live.stage_name
}
