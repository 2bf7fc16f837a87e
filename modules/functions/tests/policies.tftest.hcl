# What no role may do, asserted on the policies as AWS gets them.

mock_provider "aws" {
  source = "../../tests/terraform/mocks"
}

run "no_wildcard_outside_this_list" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for policy in values(aws_iam_role_policy.function) : [
        for statement in jsondecode(policy.policy).Statement : [for action in flatten([statement.Action]) : !strcontains(action, "*")]
      ]
    ]))
    error_message = "Every action is named."
  }

  # The whole list: X-Ray has no resources to name; a log group's streams are named by Lambda.
  assert {
    condition = alltrue(flatten([
      for policy in values(aws_iam_role_policy.function) : [
        for statement in jsondecode(policy.policy).Statement : [
          for resource in flatten([statement.Resource]) : !strcontains(resource, "*") || contains(["WriteTraces", "WriteLogs"], statement.Sid)
        ]
      ]
    ]))
    error_message = "Every resource is named."
  }

  assert {
    condition = alltrue(flatten([
      for policy in values(aws_iam_role_policy.function) : [
        for statement in jsondecode(policy.policy).Statement :
        statement.Sid == "WriteTraces" ? toset(statement.Action) == toset(["xray:PutTelemetryRecords", "xray:PutTraceSegments"]) : toset(statement.Action) == toset(["logs:CreateLogStream", "logs:PutLogEvents"])
        if contains(["WriteTraces", "WriteLogs"], statement.Sid)
      ]
    ]))
    error_message = "The listed statements do nothing but what they are listed for."
  }

  assert {
    condition     = alltrue(flatten([for policy in values(aws_iam_role_policy.function) : [for statement in jsondecode(policy.policy).Statement : statement.Effect == "Allow" && !can(statement.NotAction) && !can(statement.NotResource)]]))
    error_message = "Nothing is allowed by leaving something out."
  }
}

run "nobody_updates_or_deletes_a_ballot" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for policy in values(aws_iam_role_policy.function) : [
        for statement in jsondecode(policy.policy).Statement :
        length(setsubtract(statement.Action, ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem"])) == 0
        if contains(flatten([statement.Resource]), var.table_arns.ballots)
      ]
    ]))
    error_message = "A ballot is read or put. PartiQL, batches of writes, updates and deletions are all ways to change one."
  }

  assert {
    condition = toset(flatten([
      for name, policy in aws_iam_role_policy.function : [
        for statement in jsondecode(policy.policy).Statement : name
        if contains(flatten([statement.Resource]), var.table_arns.ballots) && contains(statement.Action, "dynamodb:PutItem")
      ]
    ])) == toset(["vote-processor"])
    error_message = "Only the processor records."
  }
}

run "results_can_not_read_the_roll_or_any_secret" {
  command = plan

  assert {
    condition     = !strcontains(aws_iam_role_policy.function["results"].policy, var.table_arns.voters)
    error_message = "Results and the roll together would tell who voted."
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.function["results"].policy, var.records_key_arn) && !strcontains(aws_iam_role_policy.function["results"].policy, var.ballot_secret_key_arn)
    error_message = "The results function holds no secret."
  }

  assert {
    condition = toset([
      for statement in jsondecode(aws_iam_role_policy.function["results"].policy).Statement : one(statement.Condition["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"])
      if contains(statement.Action, "dynamodb:UpdateItem")
    ]) == toset(["visits"])
    error_message = "It updates the visitor counter and nothing else of the elections."
  }
}

run "only_the_enqueuer_uses_the_ballot_secret" {
  command = plan

  assert {
    condition     = toset([for name, policy in aws_iam_role_policy.function : name if strcontains(policy.policy, var.ballot_secret_key_arn)]) == toset(["vote-enqueuer"])
    error_message = "Another role may use the ballot secret's key."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.function["vote-enqueuer"].policy).Statement :
      statement.Action == ["kms:Decrypt"] && statement.Condition.StringEquals["kms:EncryptionContext:purpose"] == "ballot-secret"
      if contains(flatten([statement.Resource]), var.ballot_secret_key_arn)
    ])
    error_message = "It decrypts the ballot secret, under that name, and does nothing else with the key."
  }

  assert {
    condition     = toset([for name, function in aws_lambda_function.election : name if can(function.environment[0].variables["ELECTION_BALLOT_SECRET_KEY"])]) == toset(["vote-enqueuer"])
    error_message = "Nobody else is even told which key it is."
  }
}

run "the_roll_is_read_by_two_and_written_by_none" {
  command = plan

  assert {
    condition     = toset([for name, policy in aws_iam_role_policy.function : name if strcontains(policy.policy, var.table_arns.voters)]) == toset(["vote-enqueuer", "health-check"])
    error_message = "Only the enqueuer looks voters up; the health check asks for one who doesn't exist."
  }

  assert {
    condition = alltrue(flatten([
      for policy in values(aws_iam_role_policy.function) : [
        for statement in jsondecode(policy.policy).Statement : statement.Action == ["dynamodb:GetItem"] if contains(flatten([statement.Resource]), var.table_arns.voters)
      ]
    ]))
    error_message = "One voter at a time, never a scan."
  }
}

run "the_enqueuer_may_send_to_both_queues" {
  command = plan

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.function["vote-enqueuer"].policy).Statement : statement.Resource if contains(statement.Action, "sqs:SendMessage")
    ])) == toset(values(var.votes_queue_arns))
    error_message = "Its own region's queue and every peer's."
  }

  assert {
    condition = anytrue([
      for statement in jsondecode(aws_iam_role_policy.function["vote-enqueuer"].policy).Statement :
      toset(statement.Resource) == toset(values(var.storage_key_arns)) && toset(statement.Action) == toset(["kms:Decrypt", "kms:GenerateDataKey"]) if statement.Sid == "EncryptForQueues"
    ])
    error_message = "To send to an encrypted queue takes that queue's key: GenerateDataKey and Decrypt."
  }

  assert {
    condition     = toset([for name, policy in aws_iam_role_policy.function : name if strcontains(policy.policy, "sqs:SendMessage")]) == toset(["vote-enqueuer"])
    error_message = "Nobody else puts anything into a queue."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.function["vote-processor"].policy).Statement : statement.Resource if contains(statement.Action, "sqs:DeleteMessage")
    ])) == toset([var.votes_queue_arns[var.region]])
    error_message = "The processor works its own region's queue off, and no other."
  }
}

run "traces_end_at_the_queue" {
  command = plan

  assert {
    condition     = toset([for name, policy in aws_iam_role_policy.function : name if strcontains(policy.policy, "xray:")]) == toset(["vote-enqueuer", "results", "health-check"])
    error_message = "A trace through the queue would join a request to a ballot."
  }

  assert {
    condition     = aws_lambda_function.election["vote-processor"].tracing_config[0].mode == "PassThrough" && aws_lambda_function.election["tally"].tracing_config[0].mode == "PassThrough"
    error_message = "What comes after the queue isn't traced."
  }
}

run "secrets_are_unwrapped_under_their_names" {
  command = plan

  assert {
    condition = jsonencode({
      for name, policy in aws_iam_role_policy.function : name => join(" ", flatten([
        for statement in jsondecode(policy.policy).Statement : statement.Condition.StringEquals["kms:EncryptionContext:purpose"] if contains(flatten([statement.Resource]), var.records_key_arn)
      ]))
      }) == jsonencode({
      health-check   = ""
      results        = ""
      tally          = "mac-secret"
      vote-enqueuer  = "mac-secret roll-secret"
      vote-processor = "mac-secret"
    })
    error_message = "Roll secret: enqueuer. MAC secret: enqueuer, processor, tally. Voter records: none of them."
  }
}
