output "log_group" {
  description = "The processors' log group."
  value       = aws_cloudwatch_log_group.processor.name
}

output "policy" {
  description = "The processors' policy, for tests."
  value       = aws_iam_role_policy.processor.policy
}
