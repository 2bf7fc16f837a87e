mock_provider "aws" {
  source = "../../tests/terraform/mocks"
}

run "no_operator_changes_a_ballot" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for policy in values(aws_iam_policy.operator) : [
        for statement in jsondecode(policy.policy).Statement :
        length(setsubtract(statement.Action, ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Scan"])) == 0
        if length([for resource in statement.Resource : resource if endswith(resource, ":table/election-ballots")]) > 0
      ]
    ]))
    error_message = "Operators read ballots and do nothing else with them."
  }
}

run "no_operator_decrypts_the_ballot_secret" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for role, policy in aws_iam_policy.operator : [
        for statement in jsondecode(policy.policy).Statement : !contains(statement.Action, "kms:Decrypt")
        if role != "initiator" && length(setintersection(statement.Resource, values(var.ballot_secret_key_arns))) > 0
      ]
    ]))
    error_message = "Only the enqueuer does, and who makes it, before there is a ballot."
  }
}

run "no_wildcard_outside_this_list" {
  command = plan

  assert {
    condition     = alltrue(flatten([for policy in values(aws_iam_policy.operator) : [for statement in jsondecode(policy.policy).Statement : [for action in statement.Action : !strcontains(action, "*")]]]))
    error_message = "Every action is named."
  }

  # The whole list: metrics have no resources to name; the condition names the namespace.
  assert {
    condition     = alltrue(flatten([for policy in values(aws_iam_policy.operator) : [for statement in jsondecode(policy.policy).Statement : [for resource in statement.Resource : !strcontains(resource, "*") || statement.Sid == "TurnSwitches"]]]))
    error_message = "Every resource is named."
  }
}

run "nobody_has_the_roll_and_the_box" {
  command = plan

  assert {
    condition     = !strcontains(aws_iam_policy.operator["registrar"].policy, "election-ballots") && !strcontains(aws_iam_policy.operator["officer"].policy, "voter-records")
    error_message = "The registrar can't read the box, the officer can't decrypt the roll."
  }
}

run "roles_need_a_second_factor_and_end" {
  command = plan

  assert {
    condition = alltrue([
      for role in values(aws_iam_role.operator) : role.max_session_duration == 3600 && jsondecode(role.assume_role_policy).Statement[0].Condition.Bool["aws:MultiFactorAuthPresent"] == "true"
    ])
    error_message = "A second factor, an hour."
  }
}

run "after_the_beginning_there_is_no_initiator" {
  command = plan

  variables {
    initialising = false
  }

  assert {
    condition     = toset(keys(aws_iam_role.operator)) == toset(["officer", "registrar"])
    error_message = "Nobody can wrap secrets any more."
  }
}

run "bad_input_is_refused" {
  command = plan

  variables {
    principals = ["ana"]
  }

  expect_failures = [var.principals]
}
