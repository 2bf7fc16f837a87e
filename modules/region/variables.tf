variable "account_id" {
  description = "The account that owns everything."
  type        = string
}

variable "alarm_topic_arn" {
  description = "The topic of this region's alarms."
  type        = string
}

variable "architecture" {
  description = "What the packages are built for: arm64 or x86_64."
  type        = string
  default     = "arm64"
}

variable "artifacts_directory" {
  description = "Where the functions' packages NAME.zip are."
  type        = string
}

variable "canary_topic_arn" {
  description = "The topic in us-east-1 that the canary's alarm tells."
  type        = string
}

variable "domain" {
  description = "The election's domain."
  type        = string
}

variable "edge_secret" {
  description = "What the website's distributions send along."
  type        = string
  sensitive   = true
}

variable "health_check_id" {
  description = "The health check that takes this region out of the shared name."
  type        = string
}

variable "keys" {
  description = "Keys in this region; of queues and tables in every region, because votes are sent to peers."
  type = object({
    ballot_secret = string
    logs          = string
    records       = string
    storage       = map(string)
  })
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
  default     = 30
}

variable "name" {
  description = "What names begin with."
  type        = string
}

variable "operator_environment" {
  description = "The `election` command's variables, for the processor on EC2."
  type        = map(string)
  default     = {}
}

variable "processor" {
  description = "Who works the queue off: lambda, or ec2 (where there is a replica)."
  type        = string
  default     = "lambda"

  validation {
    condition     = contains(["ec2", "lambda"], var.processor)
    error_message = "processor is lambda or ec2."
  }
}

variable "processor_program" {
  description = "The `election` command in S3, for the processor on EC2."
  type = object({
    bucket = string
    key    = string
    sha256 = string
  })
  default = null

  validation {
    condition     = var.processor != "ec2" || var.processor_program != null
    error_message = "processor = \"ec2\" needs processor_program."
  }
}

variable "provisioned_concurrency" {
  description = "Function to environments kept warm."
  type        = map(number)
  default     = {}
}

variable "queues" {
  description = "All regions' votes queues, this one's included, and who may send to this region's."
  type = object({
    arns             = map(string)
    sender_role_arns = list(string)
    urls             = map(string)
  })
}

variable "region" {
  description = "The region."
  type        = string
}

variable "regions" {
  description = "All regions of the election."
  type        = set(string)
}

variable "replica_region" {
  description = "The region whose replica of the tables this one uses: its own, or the nearest."
  type        = string
}

variable "requests_per_five_minutes" {
  description = "Requests that one address may send in five minutes."
  type        = number
  default     = 20000
}

variable "reserve_concurrency" {
  description = "Reserve each function's concurrency."
  type        = bool
  default     = true
}

variable "second_copy_delay_seconds" {
  description = "How long a second copy waits in the peer's queue."
  type        = number
  default     = 300
}

variable "tables" {
  description = "Tables in the replica region, and this region's stream of ballots, if it has one."
  type = object({
    arns = object({
      ballots   = string
      conflicts = string
      elections = string
      tallies   = string
      voters    = string
    })
    names = object({
      ballots   = string
      conflicts = string
      elections = string
      tallies   = string
      voters    = string
    })
    stream_arn = string
  })
}

variable "validation_record_fqdns" {
  description = "The records that prove the API's names."
  type        = set(string)
}

variable "votes_per_second" {
  description = "Votes per second that this region must bear with a peer gone."
  type        = number
  default     = 500
}

variable "website_origin" {
  description = "The website's origin."
  type        = string
}

variable "zone_id" {
  description = "The domain's zone."
  type        = string
}
