output "alarm_topic_arns" {
  description = "Region to the topic of its alarms."
  value       = { for region in var.alarm_regions : region => "arn:aws:sns:${region}:${var.account_id}:${local.alarm_name}" }

  depends_on = [aws_sns_topic.alarms]
}

output "milestone_topic_arns" {
  description = "certification, closing and opening to their topics."
  value       = { for milestone in local.milestones : milestone => "arn:aws:sns:${var.home_region}:${var.account_id}:${var.name}-${milestone}" }

  depends_on = [aws_sns_topic.milestone]
}
