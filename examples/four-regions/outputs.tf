output "api_url" {
  description = "The API."
  value       = module.election.api_url
}

output "invocation_urls" {
  description = "Region to its API alone."
  value       = module.election.invocation_urls
}

output "name_servers" {
  description = "What the registrar is told."
  value       = module.election.name_servers
}

output "operator_env" {
  description = "The `election` command's configuration as an env file."
  value       = module.election.operator_env
}

output "results_url" {
  description = "Where the results are read."
  value       = module.election.results_url
}

output "website_url" {
  description = "Where voters vote."
  value       = module.election.website_url
}
