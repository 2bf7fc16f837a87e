output "policies" {
  description = "Role to its policy, for tests."
  value       = local.policies
}

output "policy_arns" {
  description = "Role to its managed policy, for who has roles of their own."
  value       = { for role, policy in aws_iam_policy.operator : role => policy.arn }
}

output "role_arns" {
  description = "initiator, officer and registrar to their roles."
  value       = { for name, role in aws_iam_role.operator : name => role.arn }
}
