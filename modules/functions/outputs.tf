output "aliases" {
  description = "Function to the ARN of the alias that serves."
  value       = { for name, alias in aws_lambda_alias.live : name => alias.arn }
}

output "environments" {
  description = "Function to the variables it is given."
  value       = { for name, function in local.functions : name => merge(local.common_environment, function.environment) }
}

output "invoke_arns" {
  description = "Function to what API Gateway calls."
  value       = { for name, alias in aws_lambda_alias.live : name => alias.invoke_arn }
}

output "log_groups" {
  description = "Function to its log group."
  value       = { for name, group in aws_cloudwatch_log_group.function : name => group.name }
}

output "names" {
  description = "Function to its name on AWS."
  value       = { for name in keys(local.functions) : name => "${var.name}-${name}" }
}

output "policies" {
  description = "Function to its role's policy."
  value       = local.policies
}

output "processor_statements" {
  description = "What the processor may do, for the one on EC2."
  value       = jsonencode(local.processor_statements)
}

output "reserved_concurrency" {
  description = "The sum of what is reserved, to compare with the account's quota in this region."
  value       = sum([for name in keys(local.functions) : local.reserved_concurrency[name]])
}

output "role_arns" {
  description = "Function to its role."
  value       = { for name, role in aws_iam_role.function : name => role.arn }
}
