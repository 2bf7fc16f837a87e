mock_provider "aws" {
  source = "../../tests/terraform/mocks"

  mock_data "aws_ssm_parameter" {
    defaults = {
      value = "ami-00000000000000000"
    }
  }
}

run "the_network_has_no_way_out_but_endpoints" {
  command = plan

  assert {
    condition     = toset(keys(aws_vpc_endpoint.gateway)) == toset(["dynamodb", "s3"]) && toset(keys(aws_vpc_endpoint.interface)) == toset(["kms", "logs", "sqs"])
    error_message = "Five endpoints."
  }

  assert {
    condition     = alltrue([for subnet in values(aws_subnet.zone) : !subnet.map_public_ip_on_launch]) && length(aws_subnet.zone) == 3
    error_message = "Three zones, no public address."
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.endpoints.from_port == 443 && alltrue([for rule in values(aws_vpc_security_group_egress_rule.gateway) : rule.from_port == 443 && rule.cidr_ipv4 == null])
    error_message = "HTTPS, to endpoints, and nothing else."
  }
}

run "endpoints_let_through_what_the_processor_does" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for endpoint in concat(values(aws_vpc_endpoint.gateway), values(aws_vpc_endpoint.interface)) : [
        for statement in jsondecode(endpoint.policy).Statement : [for action in statement.Action : !strcontains(action, "*")]
      ]
    ]))
    error_message = "Every action is named."
  }
}

run "it_may_do_what_the_function_may" {
  command = plan

  assert {
    condition = toset([for statement in jsondecode(aws_iam_role_policy.processor.policy).Statement : statement.Sid]) == toset(concat(
      [for statement in jsondecode(var.processor_statements) : statement.Sid],
      ["FetchProgram", "WriteLogs"],
    ))
    error_message = "The function's statements, its program and its log."
  }

  assert {
    condition     = alltrue(flatten([for statement in jsondecode(aws_iam_role_policy.processor.policy).Statement : [for action in statement.Action : !strcontains(action, "*")]]))
    error_message = "Every action is named."
  }

  assert {
    condition     = aws_iam_role.processor.name == "election-us-east-1-vote-processor-ec2"
    error_message = "The name that the keys' policies know."
  }
}

run "instances_are_closed_and_follow_the_queue" {
  command = plan

  assert {
    condition     = aws_launch_template.processor.metadata_options[0].http_tokens == "required" && aws_launch_template.processor.block_device_mappings[0].ebs[0].encrypted == "true"
    error_message = "IMDSv2, an encrypted disk."
  }

  assert {
    condition     = strcontains(base64decode(aws_launch_template.processor.user_data), "sha256sum --check")
    error_message = "Only the program that was meant runs."
  }

  assert {
    condition     = aws_autoscaling_policy.queue_age.target_tracking_configuration[0].customized_metric_specification[0].metric_name == "ApproximateAgeOfOldestMessage" && aws_autoscaling_group.processor.min_size == 2
    error_message = "Two at least, more when the queue ages."
  }
}

run "bad_input_is_refused" {
  command = plan

  variables {
    architecture         = "arm"
    cidr_block           = "10.0.0.0/28"
    environment          = { ELECTION_BALLOT_SECRET_KEY = "arn" }
    minimum_instances    = 1
    processor_statements = "everything"
    program              = { bucket = "b", key = "k", sha256 = "abc" }
    target_age_seconds   = 0
  }

  expect_failures = [
    var.architecture,
    var.cidr_block,
    var.environment,
    var.minimum_instances,
    var.processor_statements,
    var.program,
    var.target_age_seconds,
  ]
}

run "fewer_at_most_than_at_least_is_refused" {
  command = plan

  variables {
    maximum_instances = 1
  }

  expect_failures = [var.maximum_instances]
}
