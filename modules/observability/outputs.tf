output "alarm_names" {
  description = "The region's alarms."
  value       = sort(concat([for alarm in aws_cloudwatch_metric_alarm.region : alarm.alarm_name], [aws_cloudwatch_metric_alarm.canary.alarm_name]))
}

output "dashboard_url" {
  description = "The region's dashboard."
  value       = "https://${var.region}.console.aws.amazon.com/cloudwatch/home?region=${var.region}#dashboards/dashboard/${var.name}-${var.region}"
}
