# Who may do what. One role per function, each action and each resource by name. The lists are the functions'
# contract: what isn't here, a function doesn't do.
#
# Nobody here may update or delete a ballot. Only the enqueuer may decrypt the ballot secret. The results function
# holds no secret and can't read the roll.

locals {
  tables = var.table_arns

  read_elections = { Sid = "ReadElections", Effect = "Allow", Action = ["dynamodb:GetItem"], Resource = [local.tables.elections] }

  # Tables are encrypted with a key of ours; whoever reads an item reads through it.
  use_tables = {
    Sid       = "UseTablesKey"
    Effect    = "Allow"
    Action    = ["kms:Decrypt"]
    Resource  = [var.storage_key_arns[var.replica_region]]
    Condition = { StringEquals = { "kms:ViaService" = "dynamodb.${var.replica_region}.amazonaws.com" } }
  }

  # X-Ray has no resources to name.
  write_traces = { Sid = "WriteTraces", Effect = "Allow", Action = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], Resource = ["*"] }

  statements = {
    vote-enqueuer = [
      local.read_elections,
      { Sid = "ReadBallots", Effect = "Allow", Action = ["dynamodb:GetItem"], Resource = [local.tables.ballots] },
      { Sid = "ReadRoll", Effect = "Allow", Action = ["dynamodb:GetItem"], Resource = [local.tables.voters] },
      { Sid = "WriteConflicts", Effect = "Allow", Action = ["dynamodb:PutItem"], Resource = [local.tables.conflicts] },
      local.use_tables,
      { Sid = "SendVotesEverywhere", Effect = "Allow", Action = ["sqs:SendMessage"], Resource = [for region in sort(var.regions) : var.votes_queue_arns[region]] },
      {
        Sid       = "EncryptForQueues"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = [for region in sort(var.regions) : var.storage_key_arns[region]]
        Condition = { StringEquals = { "kms:ViaService" = [for region in sort(var.regions) : "sqs.${region}.amazonaws.com"] } }
      },
      {
        Sid       = "UnwrapBallotSecret"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = [var.ballot_secret_key_arn]
        Condition = { StringEquals = { "kms:EncryptionContext:purpose" = "ballot-secret" } }
      },
      {
        Sid       = "UnwrapRollAndMacSecret"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = [var.records_key_arn]
        Condition = { StringEquals = { "kms:EncryptionContext:purpose" = ["mac-secret", "roll-secret"] } }
      },
      local.write_traces,
    ]

    vote-processor = local.processor_statements

    tally = [
      local.read_elections,
      {
        Sid      = "WriteTally"
        Effect   = "Allow"
        Action   = ["dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
        Resource = [local.tables.tallies]
      },
      {
        Sid      = "ReadStream"
        Effect   = "Allow"
        Action   = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"]
        Resource = [coalesce(var.stream_arn, "${local.tables.ballots}/stream/none")]
      },
      local.use_tables,
      local.unwrap_mac_secret,
    ]

    results = [
      local.read_elections,
      { Sid = "ReadTallies", Effect = "Allow", Action = ["dynamodb:GetItem", "dynamodb:Query"], Resource = [local.tables.tallies] },
      { Sid = "ReadBallots", Effect = "Allow", Action = ["dynamodb:GetItem"], Resource = [local.tables.ballots] },
      {
        Sid       = "CountVisits"
        Effect    = "Allow"
        Action    = ["dynamodb:UpdateItem"]
        Resource  = [local.tables.elections]
        Condition = { "ForAllValues:StringEquals" = { "dynamodb:LeadingKeys" = ["visits"] }, Null = { "dynamodb:LeadingKeys" = "false" } }
      },
      local.use_tables,
      local.write_traces,
    ]

    health-check = [
      {
        Sid      = "ReadSharedTables"
        Effect   = "Allow"
        Action   = ["dynamodb:GetItem"]
        Resource = [local.tables.ballots, local.tables.elections, local.tables.voters]
      },
      { Sid = "ReadTallies", Effect = "Allow", Action = ["dynamodb:GetItem", "dynamodb:Query"], Resource = [local.tables.tallies] },
      { Sid = "MeasureQueues", Effect = "Allow", Action = ["sqs:GetQueueAttributes"], Resource = [for region in sort(var.regions) : var.votes_queue_arns[region]] },
      local.use_tables,
      local.write_traces,
    ]
  }

  unwrap_mac_secret = {
    Sid       = "UnwrapMacSecret"
    Effect    = "Allow"
    Action    = ["kms:Decrypt"]
    Resource  = [var.records_key_arn]
    Condition = { StringEquals = { "kms:EncryptionContext:purpose" = "mac-secret" } }
  }

  # Also the long-lived processor's, on EC2.
  processor_statements = [
    local.read_elections,
    { Sid = "RecordBallots", Effect = "Allow", Action = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem"], Resource = [local.tables.ballots] },
    { Sid = "RecordConflicts", Effect = "Allow", Action = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem"], Resource = [local.tables.conflicts] },
    local.use_tables,
    {
      Sid      = "WorkQueueOff"
      Effect   = "Allow"
      Action   = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
      Resource = [var.votes_queue_arns[var.region]]
    },
    {
      Sid       = "DecryptQueue"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = [var.storage_key_arns[var.region]]
      Condition = { StringEquals = { "kms:ViaService" = "sqs.${var.region}.amazonaws.com" } }
    },
    local.unwrap_mac_secret,
  ]

  policies = {
    for name in keys(local.functions) : name => jsonencode({
      Version = "2012-10-17"
      Statement = concat(local.statements[name], [{
        # A group's streams are named by Lambda, so the last part of the ARN is open.
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["arn:aws:logs:${var.region}:${var.account_id}:log-group:/aws/lambda/${var.name}-${name}:log-stream:*"]
      }])
    })
  }
}

resource "aws_iam_role" "function" {
  for_each = local.functions

  name        = "${var.name}-${var.region}-${each.key}"
  description = "${each.key} in ${var.region}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "function" {
  for_each = local.functions

  name   = each.key
  role   = aws_iam_role.function[each.key].name
  policy = local.policies[each.key]
}
