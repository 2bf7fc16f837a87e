# Who may use each key. A key's policy never gives the account's root more than administration, so a policy in
# IAM alone can't give anybody `kms:Decrypt`. `Resource = "*"` in a key's policy means that key.
#
# Roles are named by `aws:PrincipalArn` instead of as principals: KMS refuses a policy with a principal that
# doesn't exist (yet, or any more), which would tie the keys to the life of every region's roles.

locals {
  account = "arn:aws:iam::${var.account_id}:root"

  descriptions = {
    ballot-secret = "wraps the ballot secret, and nothing else"
    logs          = "log groups and alarm topics"
    records       = "wraps the roll and MAC secrets, and the keys of voter records"
    storage       = "queues and tables"
  }

  administer = {
    Sid       = "Administer"
    Effect    = "Allow"
    Principal = { AWS = local.account }
    Resource  = "*"
    Action = [
      "kms:CancelKeyDeletion", "kms:CreateAlias", "kms:CreateKey", "kms:DeleteAlias", "kms:DescribeKey", "kms:DisableKey",
      "kms:DisableKeyRotation", "kms:EnableKey", "kms:EnableKeyRotation", "kms:GetKeyPolicy",
      "kms:GetKeyRotationStatus", "kms:ListGrants", "kms:ListKeyPolicies", "kms:ListKeyRotations",
      "kms:ListResourceTags", "kms:PutKeyPolicy", "kms:ReplicateKey", "kms:RevokeGrant", "kms:RotateKeyOnDemand",
      "kms:ScheduleKeyDeletion", "kms:SynchronizeMultiRegionKey", "kms:TagResource", "kms:UntagResource",
      "kms:UpdateAlias", "kms:UpdateKeyDescription", "kms:UpdatePrimaryRegion",
    ]
  }

  # key -> Sid -> who may do what under which `purpose` of the encryption context.
  uses = {
    ballot-secret = {
      UnwrapBallotSecret = { roles = var.roles.enqueuers, actions = ["kms:Decrypt"], purposes = ["ballot-secret"] }
      WrapBallotSecret   = { roles = var.roles.initiators, actions = ["kms:Decrypt", "kms:GenerateDataKey"], purposes = ["ballot-secret"] }
    }
    records = {
      UnwrapForIntake      = { roles = var.roles.enqueuers, actions = ["kms:Decrypt"], purposes = ["mac-secret", "roll-secret"] }
      UnwrapForCounting    = { roles = concat(var.roles.processors, var.roles.tallies), actions = ["kms:Decrypt"], purposes = ["mac-secret"] }
      UnwrapForOfficers    = { roles = var.roles.officers, actions = ["kms:Decrypt"], purposes = ["mac-secret", "roll-secret"] }
      UnwrapForRegistrars  = { roles = var.roles.registrars, actions = ["kms:Decrypt"], purposes = ["mac-secret", "roll-secret", "voter-records"] }
      EncryptVoterRecords  = { roles = var.roles.registrars, actions = ["kms:GenerateDataKey"], purposes = ["voter-records"] }
      WrapRollAndMacSecret = { roles = var.roles.initiators, actions = ["kms:Decrypt", "kms:GenerateDataKey"], purposes = ["mac-secret", "roll-secret"] }
    }
  }

  use_statements = {
    for key, uses in local.uses : key => [
      for sid, use in uses : {
        Sid       = sid
        Effect    = "Allow"
        Principal = { AWS = local.account }
        Action    = use.actions
        Resource  = "*"
        Condition = {
          ArnEquals    = { "aws:PrincipalArn" = use.roles }
          StringEquals = { "kms:EncryptionContext:purpose" = use.purposes }
        }
      } if length(use.roles) > 0
    ]
  }

  storage_statements = [
    {
      Sid       = "UseThroughQueuesAndTables"
      Effect    = "Allow"
      Principal = { AWS = local.account }
      Action = [
        "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom", "kms:ReEncryptTo",
      ]
      Resource = "*"
      Condition = {
        StringEquals = {
          "kms:ViaService" = flatten([for region in sort(var.regions) : ["dynamodb.${region}.amazonaws.com", "sqs.${region}.amazonaws.com"]])
        }
      }
    },
    {
      # DynamoDB keeps a table readable for itself (replication, recovery) by grants that it makes when a table is created.
      Sid       = "GrantToTables"
      Effect    = "Allow"
      Principal = { AWS = local.account }
      Action    = ["kms:CreateGrant"]
      Resource  = "*"
      Condition = {
        Bool         = { "kms:GrantIsForAWSResource" = "true" }
        StringEquals = { "kms:ViaService" = [for region in sort(var.regions) : "dynamodb.${region}.amazonaws.com"] }
      }
    },
  ]

  log_statements = [
    {
      Sid       = "EncryptLogGroups"
      Effect    = "Allow"
      Principal = { Service = [for region in sort(local.log_regions) : "logs.${region}.amazonaws.com"] }
      Action = [
        "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom", "kms:ReEncryptTo",
      ]
      Resource = "*"
      Condition = {
        ArnLike = { "kms:EncryptionContext:aws:logs:arn" = [for region in sort(local.log_regions) : "arn:aws:logs:${region}:${var.account_id}:log-group:*"] }
      }
    },
    {
      Sid       = "PublishAlarms"
      Effect    = "Allow"
      Principal = { Service = ["cloudwatch.amazonaws.com"] }
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = "*"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    },
    {
      Sid       = "PublishNotices"
      Effect    = "Allow"
      Principal = { AWS = local.account }
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = "*"
      Condition = { StringEquals = { "kms:ViaService" = [for region in sort(local.log_regions) : "sns.${region}.amazonaws.com"] } }
    },
  ]

  policies = {
    ballot-secret = jsonencode({ Version = "2012-10-17", Statement = concat([local.administer], local.use_statements.ballot-secret) })
    logs          = jsonencode({ Version = "2012-10-17", Statement = concat([local.administer], local.log_statements) })
    records       = jsonencode({ Version = "2012-10-17", Statement = concat([local.administer], local.use_statements.records) })
    storage       = jsonencode({ Version = "2012-10-17", Statement = concat([local.administer], local.storage_statements) })
  }
}
