output "api_url" {
  description = "The API: the nearest healthy region answers."
  value       = "https://${local.hosts.api}"

  precondition {
    condition     = !endswith(var.domain, ".example") || local.account_id == "123456789012"
    error_message = "Set domain: names under .example are nobody's."
  }
}

output "buckets" {
  description = "results and voting to the buckets of their pages."
  value       = module.website.buckets
}

output "dashboards" {
  description = "Region to its dashboard."
  value       = { for name, region in module.region : name => region.dashboard_url }
}

output "distribution_ids" {
  description = "results and voting to their distributions, for invalidations."
  value       = module.website.distribution_ids
}

output "function_policies" {
  description = "Region to function to its role's policy."
  value       = { for name, region in module.region : name => region.function_policies }
}

output "invocation_urls" {
  description = "Region to its API alone."
  value       = { for name, region in module.region : name => "https://${region.host}" }
}

output "milestone_topic_arns" {
  description = "certification, closing and opening to their topics."
  value       = module.notifications.milestone_topic_arns
}

output "name_servers" {
  description = "What the registrar is told, unless parent_zone_id is given."
  value       = module.dns.name_servers
}

output "operator_env" {
  description = "The `election` command's configuration as an env file: terraform output -raw operator_env > election.env"
  value       = join("", [for name, value in local.operator_environment : "${name}=${value}\n"])
}

output "operator_environment" {
  description = "The `election` command's configuration as a map."
  value       = local.operator_environment
}

output "operator_role_arns" {
  description = "initiator (while initialising), officer and registrar to their roles."
  value       = module.operators.role_arns
}

output "replica_of" {
  description = "Region to the region whose replica it uses."
  value       = local.replica_of
}

output "reserved_concurrency" {
  description = "Region to the concurrency that its functions reserve. The account's quota there has to be 100 above it."
  value       = { for name, region in module.region : name => region.reserved_concurrency }
}

output "results_url" {
  description = "Where the results are read."
  value       = module.website.results_url
}

output "switch_regions" {
  description = "Region to the region that its switch is in."
  value       = module.dns.switch_regions
}

output "website_url" {
  description = "Where voters vote."
  value       = module.website.website_url
}
