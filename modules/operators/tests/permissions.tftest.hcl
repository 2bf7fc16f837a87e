# That each role allows what the command was seen to ask for in it: permissions.json is written by the command's tests on AWS.

mock_provider "aws" {
  source = "../../tests/terraform/mocks"
}

run "roles_allow_what_the_command_asks_for" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for role, needed in jsondecode(file("permissions.json")) : [
        for permission in needed : anytrue([
          for statement in jsondecode(aws_iam_policy.operator[role].policy).Statement : contains(statement.Action, split(" ", permission)[0]) && (
            startswith(permission, "kms:") ?
            contains(flatten([try(statement.Condition.StringEquals["kms:EncryptionContext:purpose"], "key")]), split(" ", permission)[1]) :
            anytrue([for resource in statement.Resource : endswith(resource, "election-${split(" ", permission)[1]}")])
          )
        ])
      ]
    ]))
    error_message = "The command asks for something that the role doesn't allow."
  }
}
