output "alarm_names" {
  description = "The region's alarms."
  value       = module.observability.alarm_names
}

output "dashboard_url" {
  description = "The region's dashboard."
  value       = module.observability.dashboard_url
}

output "function_policies" {
  description = "Function to its role's policy."
  value       = module.functions.policies
}

output "host" {
  description = "The host of this region's API alone."
  value       = module.api.host
}

output "queue_visibility_seconds" {
  description = "How long a received vote stays hidden."
  value       = module.queue.visibility_timeout_seconds
}

output "reserved_concurrency" {
  description = "The sum of reserved concurrency, to compare with the account's quota in this region."
  value       = module.functions.reserved_concurrency
}

output "role_arns" {
  description = "Function to its role."
  value       = module.functions.role_arns
}
