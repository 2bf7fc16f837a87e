# Owns one region's queues: votes that wait to be recorded, and dead letters.
# Both are encrypted with a key that the peers' enqueuers may use, because they send second copies here.

locals {
  votes_arn        = "arn:aws:sqs:${var.region}:${var.account_id}:${var.name}-votes"
  dead_letters_arn = "arn:aws:sqs:${var.region}:${var.account_id}:${var.name}-dead-letters"

  # In flight messages come back only once no invocation can still hold them: six times the time-out, as AWS
  # asks, and the batching window.
  visibility_timeout_seconds = max(var.visibility_timeout_seconds, 6 * var.processor_timeout_seconds + var.batching_window_seconds)

  # A refusal may be wide: `*` in a Deny gives nobody anything.
  require_tls = {
    Sid       = "RequireTls"
    Effect    = "Deny"
    Principal = "*"
    Action    = "sqs:*"
    Condition = { Bool = { "aws:SecureTransport" = "false" } }
  }
}

resource "aws_sqs_queue" "votes" {
  region = var.region
  name   = "${var.name}-votes"

  kms_master_key_id                 = var.kms_key_arn
  kms_data_key_reuse_period_seconds = 300
  max_message_size                  = 262144
  message_retention_seconds         = 1209600
  receive_wait_time_seconds         = 20
  visibility_timeout_seconds        = local.visibility_timeout_seconds

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = var.max_receive_count
  })
}

# Left for longer than anybody could overlook. A letter that comes from the votes queue keeps its time of sending.
resource "aws_sqs_queue" "dead_letters" {
  region = var.region
  name   = "${var.name}-dead-letters"

  kms_master_key_id                 = var.kms_key_arn
  kms_data_key_reuse_period_seconds = 300
  max_message_size                  = 262144
  message_retention_seconds         = 1209600
  visibility_timeout_seconds        = local.visibility_timeout_seconds
}

resource "aws_sqs_queue_redrive_allow_policy" "dead_letters" {
  region    = var.region
  queue_url = aws_sqs_queue.dead_letters.url

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [local.votes_arn]
  })
}

resource "aws_sqs_queue_policy" "votes" {
  region    = var.region
  queue_url = aws_sqs_queue.votes.url

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "SendFromEveryRegion"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }
        Action    = "sqs:SendMessage"
        Resource  = local.votes_arn
        Condition = { ArnEquals = { "aws:PrincipalArn" = var.sender_role_arns } }
      },
      {
        # Whatever some policy in IAM says: only these may put anything into the votes queue.
        Sid       = "NobodyElseSends"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:SendMessage"
        Resource  = local.votes_arn
        Condition = { ArnNotEquals = { "aws:PrincipalArn" = var.sender_role_arns } }
      },
      merge(local.require_tls, { Resource = local.votes_arn }),
    ]
  })
}

resource "aws_sqs_queue_policy" "dead_letters" {
  region    = var.region
  queue_url = aws_sqs_queue.dead_letters.url

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [merge(local.require_tls, { Resource = local.dead_letters_arn })]
  })
}
