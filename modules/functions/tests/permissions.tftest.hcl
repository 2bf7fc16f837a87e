# That each role allows what its function was seen to ask for: permissions.json is written by the functions' tests.

mock_provider "aws" {
  source = "../../tests/terraform/mocks"
}

run "roles_allow_what_functions_ask_for" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for function, needed in jsondecode(file("permissions.json")) : [
        for permission in needed : anytrue([
          for statement in jsondecode(aws_iam_role_policy.function[function].policy).Statement : contains(statement.Action, split(" ", permission)[0]) && (
            startswith(permission, "kms:") ?
            contains(flatten([try(statement.Condition.StringEquals["kms:EncryptionContext:purpose"], [])]), split(" ", permission)[1]) :
            anytrue([for resource in statement.Resource : endswith(resource, "election-${split(" ", permission)[1]}")])
          )
        ])
      ]
    ]))
    error_message = "A function asks for something that its role doesn't allow."
  }
}
