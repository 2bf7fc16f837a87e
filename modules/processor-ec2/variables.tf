variable "account_id" {
  description = "The account that owns everything."
  type        = string
}

variable "architecture" {
  description = "What the program is built for."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is arm64 or x86_64."
  }
}

variable "cidr_block" {
  description = "The network's addresses; nothing else has to know them."
  type        = string
  default     = "10.64.0.0/20"

  validation {
    condition     = can(cidrhost(var.cidr_block, 0)) && try(tonumber(split("/", var.cidr_block)[1]) >= 16 && tonumber(split("/", var.cidr_block)[1]) <= 22, false)
    error_message = "cidr_block is a network as 10.64.0.0/20, between /16 and /22."
  }
}

variable "environment" {
  description = "The program's ELECTION_… variables. The ballot secret isn't the processor's to know of."
  type        = map(string)

  validation {
    condition     = !contains(keys(var.environment), "ELECTION_BALLOT_SECRET_KEY")
    error_message = "Only the enqueuer is told which key the ballot secret's is."
  }
}

variable "instance_type" {
  description = "What it runs on."
  type        = string
  default     = "c7g.large"
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
  default     = 30
}

variable "logs_key_arn" {
  description = "The key of log groups in this region."
  type        = string
}

variable "maximum_instances" {
  description = "At most so many."
  type        = number
  default     = 12

  validation {
    condition     = var.maximum_instances >= var.minimum_instances
    error_message = "maximum_instances is at least minimum_instances."
  }
}

variable "minimum_instances" {
  description = "At least so many; two survive one."
  type        = number
  default     = 2

  validation {
    condition     = var.minimum_instances >= 2
    error_message = "minimum_instances is at least 2."
  }
}

variable "name" {
  description = "What names begin with."
  type        = string
}

variable "processor_statements" {
  description = "What the vote-processor function may do, as a JSON list of statements: this one may do the same."
  type        = string

  validation {
    condition     = can(jsondecode(var.processor_statements)[0].Action)
    error_message = "processor_statements is a JSON list of policy statements."
  }
}

variable "program" {
  description = "The `election` command, built with the feature aws, as an object in S3."
  type = object({
    bucket = string
    key    = string
    sha256 = string
  })

  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.program.sha256))
    error_message = "program.sha256 is 64 hexadecimal digits: what isn't that program isn't run."
  }
}

variable "region" {
  description = "The region. It needs a replica of the tables: the network has no way to another region's."
  type        = string
}

variable "target_age_seconds" {
  description = "The age of the oldest message that instances are added and removed to keep."
  type        = number
  default     = 360

  validation {
    condition     = var.target_age_seconds > 0 && var.target_age_seconds <= 3600
    error_message = "target_age_seconds is 1 to 3600."
  }
}

variable "votes_queue_name" {
  description = "The votes queue."
  type        = string
}
