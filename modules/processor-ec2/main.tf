# Owns the long-lived vote processor on EC2, instead of the function: the same code (`election work --store aws`), in a
# network without a way to the internet. AWS's services are reached through endpoints in it.

locals {
  role_name = "${var.name}-${var.region}-vote-processor-ec2"
  log_group = "/election/${var.name}-vote-processor-ec2"

  # Sorted, so that a new zone doesn't move the old ones.
  zones = { for index, zone in slice(sort(data.aws_availability_zones.available.names), 0, min(3, length(data.aws_availability_zones.available.names))) : zone => cidrsubnet(var.cidr_block, 4, index) }

  interface_services = toset(["kms", "logs", "sqs"])
  gateway_services   = toset(["dynamodb", "s3"])

  repository_bucket = "al2023-repos-${var.region}-de612dc2"

  # What may go through each endpoint, and only as this account. Which table, queue or key, the role says.
  endpoint_actions = {
    dynamodb = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem"]
    kms      = ["kms:Decrypt"]
    logs     = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    sqs      = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
  }

  endpoint_policies = merge(
    {
      for service, actions in local.endpoint_actions : service => jsonencode({
        Version = "2012-10-17"
        Statement = [{
          Effect    = "Allow"
          Principal = "*"
          Action    = actions
          Resource  = "*"
          Condition = { StringEquals = { "aws:PrincipalAccount" = var.account_id } }
        }]
      })
    },
    {
      # The operating system's packages are in a bucket of Amazon's, whose objects have names of their own.
      s3 = jsonencode({
        Version = "2012-10-17"
        Statement = [{
          Effect    = "Allow"
          Principal = "*"
          Action    = ["s3:GetObject"]
          Resource  = ["arn:aws:s3:::${local.repository_bucket}/*", "arn:aws:s3:::${var.program.bucket}/${var.program.key}"]
        }]
      })
    },
  )
}

data "aws_availability_zones" "available" {
  region = var.region
  state  = "available"
}

data "aws_ssm_parameter" "image" {
  region = var.region
  name   = "/aws/service/ami-amazon-linux-latest/al2023-ami-minimal-kernel-default-${var.architecture}"
}

resource "aws_vpc" "processor" {
  region               = var.region
  cidr_block           = var.cidr_block
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = "${var.name}-vote-processor" }
}

# Nothing uses it, so it lets nothing through.
resource "aws_default_security_group" "closed" {
  region = var.region
  vpc_id = aws_vpc.processor.id
}

resource "aws_subnet" "zone" {
  for_each = local.zones

  region                  = var.region
  vpc_id                  = aws_vpc.processor.id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-vote-processor-${each.key}" }
}

resource "aws_route_table" "endpoints" {
  region = var.region
  vpc_id = aws_vpc.processor.id
}

resource "aws_route_table_association" "zone" {
  for_each = local.zones

  region         = var.region
  subnet_id      = aws_subnet.zone[each.key].id
  route_table_id = aws_route_table.endpoints.id
}

resource "aws_vpc_endpoint" "gateway" {
  for_each = local.gateway_services

  region            = var.region
  vpc_id            = aws_vpc.processor.id
  service_name      = "com.amazonaws.${var.region}.${each.value}"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.endpoints.id]
  policy            = local.endpoint_policies[each.value]
}

resource "aws_vpc_endpoint" "interface" {
  for_each = local.interface_services

  region              = var.region
  vpc_id              = aws_vpc.processor.id
  service_name        = "com.amazonaws.${var.region}.${each.value}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = [for subnet in aws_subnet.zone : subnet.id]
  security_group_ids  = [aws_security_group.endpoints.id]
  policy              = local.endpoint_policies[each.value]
}

resource "aws_security_group" "endpoints" {
  region      = var.region
  name        = "${var.name}-endpoints"
  description = "Endpoints of AWS services"
  vpc_id      = aws_vpc.processor.id
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  region                       = var.region
  security_group_id            = aws_security_group.endpoints.id
  description                  = "HTTPS from the processors"
  referenced_security_group_id = aws_security_group.processor.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_security_group" "processor" {
  region      = var.region
  name        = "${var.name}-vote-processor"
  description = "Vote processors: nothing comes in"
  vpc_id      = aws_vpc.processor.id
}

resource "aws_vpc_security_group_egress_rule" "endpoints" {
  region                       = var.region
  security_group_id            = aws_security_group.processor.id
  description                  = "HTTPS to the endpoints"
  referenced_security_group_id = aws_security_group.endpoints.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_vpc_security_group_egress_rule" "gateway" {
  for_each = local.gateway_services

  region            = var.region
  security_group_id = aws_security_group.processor.id
  description       = "HTTPS to ${each.value}"
  prefix_list_id    = aws_vpc_endpoint.gateway[each.value].prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_cloudwatch_log_group" "processor" {
  region            = var.region
  name              = local.log_group
  kms_key_id        = var.logs_key_arn
  retention_in_days = var.log_retention_days
}

resource "aws_iam_role" "processor" {
  name        = local.role_name
  description = "The long-lived vote processor in ${var.region}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ec2.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

# What the function may do, and to fetch the program and to log.
resource "aws_iam_role_policy" "processor" {
  name = "vote-processor"
  role = aws_iam_role.processor.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(jsondecode(var.processor_statements), [
      { Sid = "FetchProgram", Effect = "Allow", Action = ["s3:GetObject"], Resource = ["arn:aws:s3:::${var.program.bucket}/${var.program.key}"] },
      {
        Sid    = "WriteLogs"
        Effect = "Allow"
        Action = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        # A group's streams are named by the instances, so the last part of the ARN is open.
        Resource = ["arn:aws:logs:${var.region}:${var.account_id}:log-group:${local.log_group}:*"]
      },
    ])
  })
}

resource "aws_iam_instance_profile" "processor" {
  name = local.role_name
  role = aws_iam_role.processor.name
}

resource "aws_launch_template" "processor" {
  region                 = var.region
  name                   = "${var.name}-vote-processor"
  description            = "election work --store aws"
  image_id               = data.aws_ssm_parameter.image.value
  instance_type          = var.instance_type
  update_default_version = true
  vpc_security_group_ids = [aws_security_group.processor.id]

  user_data = base64encode(templatefile("${path.module}/user-data.sh.tftpl", {
    bucket      = var.program.bucket
    environment = join("\n", [for name, value in var.environment : "${name}=${value}"])
    key         = var.program.key
    log_group   = local.log_group
    region      = var.region
    sha256      = var.program.sha256
  }))

  iam_instance_profile {
    arn = aws_iam_instance_profile.processor.arn
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      encrypted             = "true"
      volume_size           = 8
      volume_type           = "gp3"
      delete_on_termination = "true"
    }
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  monitoring {
    enabled = true
  }
}

resource "aws_autoscaling_group" "processor" {
  region                    = var.region
  name                      = "${var.name}-vote-processor"
  min_size                  = var.minimum_instances
  max_size                  = var.maximum_instances
  vpc_zone_identifier       = [for subnet in aws_subnet.zone : subnet.id]
  health_check_type         = "EC2"
  health_check_grace_period = 120
  default_instance_warmup   = 120

  launch_template {
    id      = aws_launch_template.processor.id
    version = aws_launch_template.processor.latest_version
  }

  instance_refresh {
    strategy = "Rolling"

    preferences {
      min_healthy_percentage = 100
    }
  }

  tag {
    key                 = "Name"
    value               = "${var.name}-vote-processor"
    propagate_at_launch = true
  }

  depends_on = [aws_vpc_endpoint.gateway, aws_vpc_endpoint.interface]
}

resource "aws_autoscaling_policy" "queue_age" {
  region                 = var.region
  name                   = "${var.name}-queue-age"
  autoscaling_group_name = aws_autoscaling_group.processor.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = var.target_age_seconds

    customized_metric_specification {
      namespace   = "AWS/SQS"
      metric_name = "ApproximateAgeOfOldestMessage"
      statistic   = "Maximum"

      metric_dimension {
        name  = "QueueName"
        value = var.votes_queue_name
      }
    }
  }
}
