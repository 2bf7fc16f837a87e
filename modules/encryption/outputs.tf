output "ballot_secret" {
  description = "Region to the ARN of the ballot secret's key there. Only the enqueuers can decrypt with it."
  value       = local.arns["ballot-secret"]
}

output "logs" {
  description = "Region to the ARN of the key of log groups and alarm topics there."
  value       = local.arns["logs"]
}

output "policies" {
  description = "Each key's policy, for tests."
  value       = local.policies
}

output "records" {
  description = "Region to the ARN of the key of the roll secret, the MAC secret and voter records there."
  value       = local.arns["records"]
}

output "storage" {
  description = "Region to the ARN of the key of queues and tables there."
  value       = local.arns["storage"]
}
