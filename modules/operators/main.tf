# Owns the roles of the people who run the election. Each does one thing, is assumed with a second factor, and ends
# after an hour. None may change a ballot, and none but the initiator may wrap a secret.

locals {
  roles = merge(
    {
      officer   = "opens, closes, recounts and certifies"
      registrar = "puts people on the roll and reissues letters"
    },
    { for name, description in { initiator = "creates the election and its secrets, once" } : name => description if var.initialising },
  )

  tables = {
    for table, name in var.table_names : table => [for region in sort(var.replica_regions) : "arn:aws:dynamodb:${region}:${var.account_id}:table/${name}"]
  }

  use_tables = {
    Sid       = "UseTablesKey"
    Effect    = "Allow"
    Action    = ["kms:Decrypt"]
    Resource  = [for region in sort(var.replica_regions) : var.storage_key_arns[region]]
    Condition = { StringEquals = { "kms:ViaService" = [for region in sort(var.replica_regions) : "dynamodb.${region}.amazonaws.com"] } }
  }

  statements = {
    initiator = [
      { Sid = "CreateElection", Effect = "Allow", Action = ["dynamodb:GetItem", "dynamodb:PutItem"], Resource = local.tables.elections },
      local.use_tables,
      {
        # Unwrapped only if an interrupted `election init` left them.
        Sid       = "WrapSecrets"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = concat(values(var.records_key_arns), values(var.ballot_secret_key_arns))
        Condition = { StringEquals = { "kms:EncryptionContext:purpose" = ["ballot-secret", "mac-secret", "roll-secret"] } }
      },
    ]

    registrar = [
      {
        Sid    = "KeepRoll"
        Effect = "Allow"
        Action = [
          "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan",
          "dynamodb:UpdateItem",
        ]
        Resource = local.tables.voters
      },
      { Sid = "CountRegistered", Effect = "Allow", Action = ["dynamodb:GetItem", "dynamodb:UpdateItem"], Resource = local.tables.elections },
      local.use_tables,
      {
        Sid       = "EncryptVoterRecords"
        Effect    = "Allow"
        Action    = ["kms:GenerateDataKey"]
        Resource  = values(var.records_key_arns)
        Condition = { StringEquals = { "kms:EncryptionContext:purpose" = "voter-records" } }
      },
      {
        # The command opens an election with both secrets, whatever it is to do.
        Sid       = "UnwrapSecretsAndVoterRecords"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = values(var.records_key_arns)
        Condition = { StringEquals = { "kms:EncryptionContext:purpose" = ["mac-secret", "roll-secret", "voter-records"] } }
      },
    ]

    officer = [
      {
        # To destroy the wrapped ballot secret is to delete it.
        Sid      = "MoveElectionOn"
        Effect   = "Allow"
        Action   = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem"]
        Resource = local.tables.elections
      },
      { Sid = "Recount", Effect = "Allow", Action = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Scan"], Resource = local.tables.ballots },
      {
        # What became of envelopes, for the sums. A dead letter that is put back stays until a processor has decided it.
        Sid      = "AccountForEnvelopes"
        Effect   = "Allow"
        Action   = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"]
        Resource = local.tables.conflicts
      },
      { Sid = "CountRegistered", Effect = "Allow", Action = ["dynamodb:Scan"], Resource = local.tables.voters },
      {
        Sid      = "RebuildTallies"
        Effect   = "Allow"
        Action   = ["dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem"]
        Resource = local.tables.tallies
      },
      local.use_tables,
      { Sid = "MeasureQueues", Effect = "Allow", Action = ["sqs:GetQueueAttributes"], Resource = concat(values(var.votes_queue_arns), values(var.dead_letters_queue_arns)) },
      {
        Sid      = "WorkDeadLettersOff"
        Effect   = "Allow"
        Action   = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"]
        Resource = values(var.dead_letters_queue_arns)
      },
      { Sid = "ReplayDeadLetters", Effect = "Allow", Action = ["sqs:SendMessage"], Resource = values(var.votes_queue_arns) },
      {
        Sid       = "UseQueuesKey"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = values(var.storage_key_arns)
        Condition = { StringEquals = { "kms:ViaService" = [for region in sort(keys(var.votes_queue_arns)) : "sqs.${region}.amazonaws.com"] } }
      },
      {
        Sid       = "UnwrapSecrets"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = values(var.records_key_arns)
        Condition = { StringEquals = { "kms:EncryptionContext:purpose" = ["mac-secret", "roll-secret"] } }
      },
      {
        # `election keys destroy`. It waits a month, and an administrator can cancel it.
        Sid      = "DestroyBallotSecretKey"
        Effect   = "Allow"
        Action   = ["kms:DescribeKey", "kms:ScheduleKeyDeletion"]
        Resource = values(var.ballot_secret_key_arns)
      },
      { Sid = "TurnSwitches", Effect = "Allow", Action = ["cloudwatch:PutMetricData"], Resource = ["*"], Condition = { StringEquals = { "cloudwatch:namespace" = "Election/Switch" } } },
      { Sid = "TellMilestones", Effect = "Allow", Action = ["sns:Publish"], Resource = values(var.milestone_topic_arns) },
      {
        Sid       = "UseTopicsKey"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = [var.milestone_key_arn]
        Condition = { StringEquals = { "kms:ViaService" = "sns.${var.home_region}.amazonaws.com" } }
      },
    ]
  }

  policies = { for role in keys(local.roles) : role => jsonencode({ Version = "2012-10-17", Statement = local.statements[role] }) }
}

resource "aws_iam_role" "operator" {
  for_each = local.roles

  name                 = "${var.name}-${each.key}"
  description          = each.value
  max_session_duration = 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = length(var.principals) > 0 ? sort(var.principals) : ["arn:aws:iam::${var.account_id}:root"] }
      Action    = "sts:AssumeRole"
      Condition = { Bool = { "aws:MultiFactorAuthPresent" = "true" } }
    }]
  })
}

resource "aws_iam_policy" "operator" {
  for_each = local.roles

  name        = "${var.name}-${each.key}"
  description = each.value
  policy      = local.policies[each.key]
}

resource "aws_iam_role_policy_attachment" "operator" {
  for_each = local.roles

  role       = aws_iam_role.operator[each.key].name
  policy_arn = aws_iam_policy.operator[each.key].arn
}
