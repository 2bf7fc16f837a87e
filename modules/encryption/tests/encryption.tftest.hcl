mock_provider "aws" {
  source = "../../tests/terraform/mocks"
}

# Initiators make the secret, and see it: that they may read one again which an interrupted call left adds nothing.
run "only_enqueuers_may_decrypt_the_ballot_secret" {
  command = plan

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_kms_key.primary["ballot-secret"].policy).Statement :
      statement.Condition.ArnEquals["aws:PrincipalArn"] if contains(statement.Action, "kms:Decrypt")
    ])) == setunion(var.roles.enqueuers, var.roles.initiators)
    error_message = "Somebody besides the enqueuers and the initiators may decrypt with the ballot secret's key."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_kms_key.primary["ballot-secret"].policy).Statement :
      !contains(statement.Action, "kms:CreateGrant") && !contains(statement.Action, "kms:ReEncryptFrom")
    ])
    error_message = "A grant or a re-encryption would be a way around."
  }

  assert {
    condition     = alltrue([for id, replica in aws_kms_replica_key.peer : replica.policy == aws_kms_key.primary[split("/", id)[0]].policy])
    error_message = "A replica's policy is its own: it must be the primary's."
  }
}

run "root_administers_and_uses_nothing" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for key in values(aws_kms_key.primary) : [
        for statement in jsondecode(key.policy).Statement : length(setintersection(statement.Action, [
          "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:CreateGrant", "kms:ReEncryptFrom", "kms:ReEncryptTo",
        ])) == 0 if !can(statement.Condition)
      ]
    ]))
    error_message = "Use of a key needs a condition: a role, or the service it goes through."
  }

  assert {
    condition     = alltrue(flatten([for key in values(aws_kms_key.primary) : [for statement in jsondecode(key.policy).Statement : [for action in statement.Action : !strcontains(action, "*")]]]))
    error_message = "No * in an action."
  }
}

run "every_purpose_is_named" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for key in ["ballot-secret", "records"] : [
        for statement in jsondecode(aws_kms_key.primary[key].policy).Statement :
        can(statement.Condition.StringEquals["kms:EncryptionContext:purpose"]) if statement.Sid != "Administer"
      ]
    ]))
    error_message = "A use of the records' or the ballot secret's key without a purpose in its context."
  }
}

run "keys_are_multi_region_rotate_and_reach_every_region" {
  command = plan

  assert {
    condition     = alltrue([for key in values(aws_kms_key.primary) : key.multi_region && key.enable_key_rotation && key.region == "us-east-1"])
    error_message = "Primaries are multi-region, rotate, and live in the home region."
  }

  assert {
    condition     = toset(keys(aws_kms_replica_key.peer)) == toset([for pair in setproduct(["ballot-secret", "logs", "records", "storage"], ["us-east-2", "us-west-2"]) : "${pair[0]}/${pair[1]}"])
    error_message = "A replica of each key in each other region."
  }
}

run "without_initiators_nobody_can_wrap_secrets" {
  command = plan

  variables {
    roles = {
      enqueuers  = ["arn:aws:iam::123456789012:role/election-us-east-1-vote-enqueuer"]
      initiators = []
      officers   = []
      processors = []
      registrars = []
      tallies    = []
    }
  }

  assert {
    condition     = !strcontains(aws_kms_key.primary["ballot-secret"].policy, "initiator") && !strcontains(aws_kms_key.primary["ballot-secret"].policy, "kms:GenerateDataKey")
    error_message = "The statement of the initiators must go with them: an empty condition would match nobody, or be refused."
  }
}

run "an_election_elsewhere_has_a_log_key_in_us_east_1" {
  command = plan

  variables {
    home_region = "eu-west-1"
    regions     = ["eu-central-1", "eu-west-1", "eu-west-3"]
  }

  assert {
    condition     = contains(keys(aws_kms_replica_key.peer), "logs/us-east-1") && !contains(keys(aws_kms_replica_key.peer), "ballot-secret/us-east-1")
    error_message = "CloudFront's firewall and Route 53's alarms are there; the ballot secret isn't."
  }
}

run "bad_input_is_refused" {
  command = plan

  variables {
    account_id           = "12345"
    deletion_window_days = 3
    home_region          = "eu-west-1"
  }

  expect_failures = [var.account_id, var.deletion_window_days, var.home_region]
}
