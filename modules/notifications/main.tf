# Owns who is told what: alarms, in every region that has any, and the election's milestones.

locals {
  milestones = toset(["certification", "closing", "opening"])

  alarm_subscriptions = {
    for pair in setproduct(var.alarm_regions, var.alarm_emails) : "${pair[0]}/${pair[1]}" => { region = pair[0], email = pair[1] }
  }

  milestone_subscriptions = {
    for pair in setproduct(local.milestones, var.milestone_emails) : "${pair[0]}/${pair[1]}" => { milestone = pair[0], email = pair[1] }
  }

  # An alarm can only tell a topic of its own region.
  alarm_name = "${var.name}-alarms"
}

resource "aws_sns_topic" "alarms" {
  for_each = var.alarm_regions

  region            = each.value
  name              = local.alarm_name
  kms_master_key_id = var.kms_key_arns[each.value]
}

resource "aws_sns_topic_policy" "alarms" {
  for_each = var.alarm_regions

  region = each.value
  arn    = aws_sns_topic.alarms[each.value].arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Alarm"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = ["sns:Publish"]
        Resource  = ["arn:aws:sns:${each.value}:${var.account_id}:${local.alarm_name}"]
        Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
      },
      {
        Sid       = "RequireTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = ["sns:Publish"]
        Resource  = ["arn:aws:sns:${each.value}:${var.account_id}:${local.alarm_name}"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "alarms" {
  for_each = local.alarm_subscriptions

  region    = each.value.region
  topic_arn = aws_sns_topic.alarms[each.value.region].arn
  protocol  = "email"
  endpoint  = each.value.email
}

resource "aws_sns_topic" "milestone" {
  for_each = local.milestones

  region            = var.home_region
  name              = "${var.name}-${each.value}"
  kms_master_key_id = var.kms_key_arns[var.home_region]
}

resource "aws_sns_topic_subscription" "milestone" {
  for_each = local.milestone_subscriptions

  region    = var.home_region
  topic_arn = aws_sns_topic.milestone[each.value.milestone].arn
  protocol  = "email"
  endpoint  = each.value.email
}
