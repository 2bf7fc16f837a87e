variable "account_id" {
  description = "The account that owns everything."
  type        = string
}

variable "architecture" {
  description = "What the packages are built for."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is arm64 or x86_64."
  }
}

variable "artifacts_directory" {
  description = "Where the packages NAME.zip are."
  type        = string
}

variable "ballot_secret_key_arn" {
  description = "The key of the ballot secret in this region. Only the enqueuer is told."
  type        = string
}

variable "batching_window_seconds" {
  description = "How long the queue's pollers wait for a full batch."
  type        = number
  default     = 1

  validation {
    condition     = contains([0, 1], var.batching_window_seconds)
    error_message = "batching_window_seconds is 0 or 1."
  }
}

variable "log_filter" {
  description = "What the functions log (ELECTION_LOG)."
  type        = string
  default     = "info"
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

variable "memory_mb" {
  description = "Memory of each function; its share of a processor grows with it."
  type        = number
  default     = 512

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240
    error_message = "memory_mb is 128 to 10240."
  }
}

variable "name" {
  description = "What the names of functions and roles begin with."
  type        = string
}

variable "processor_enabled" {
  description = "Whether the vote-processor function works the queue off. Not where the EC2 processor does."
  type        = bool
  default     = true
}

variable "processor_timeout_seconds" {
  description = "The processor's time-out. The queue's visibility time-out follows it."
  type        = number
  default     = 30

  validation {
    condition     = var.processor_timeout_seconds >= 10 && var.processor_timeout_seconds <= 900
    error_message = "processor_timeout_seconds is 10 to 900."
  }
}

variable "provisioned_concurrency" {
  description = "Function to environments kept warm, for the opening. Costs by the hour."
  type        = map(number)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.provisioned_concurrency), ["health-check", "results", "tally", "vote-enqueuer", "vote-processor"])) == 0
    error_message = "provisioned_concurrency names functions: health-check, results, tally, vote-enqueuer, vote-processor."
  }
}

variable "records_key_arn" {
  description = "The key of the roll secret, the MAC secret and voter records in this region."
  type        = string
}

variable "region" {
  description = "The region of the functions."
  type        = string
}

variable "regions" {
  description = "All regions of the election, this one included."
  type        = set(string)

  validation {
    condition     = contains(var.regions, var.region)
    error_message = "regions includes region."
  }
}

variable "replica_region" {
  description = "The region whose replica of the tables this one uses: its own, or the nearest."
  type        = string
}

variable "reserve_concurrency" {
  description = "Reserve each function's concurrency, so that none can take another's. Needs a raised quota; off in a new account."
  type        = bool
  default     = true
}

variable "second_copy_delay_seconds" {
  description = "How long a second copy waits in the peer's queue."
  type        = number
  default     = 300

  validation {
    condition     = var.second_copy_delay_seconds >= 0 && var.second_copy_delay_seconds <= 900
    error_message = "second_copy_delay_seconds is 0 to 900, which is the most that SQS has."
  }
}

variable "storage_key_arns" {
  description = "Region to the key of queues and tables there."
  type        = map(string)
}

variable "stream_arn" {
  description = "The ballots' stream in this region; null where there is no replica."
  type        = string
  default     = null

  validation {
    condition     = var.stream_arn != null || var.replica_region != var.region
    error_message = "A region with a replica needs its stream_arn."
  }
}

variable "table_arns" {
  description = "Tables in the replica region."
  type = object({
    ballots   = string
    conflicts = string
    elections = string
    tallies   = string
    voters    = string
  })
}

variable "table_names" {
  description = "The tables' names."
  type = object({
    ballots   = string
    conflicts = string
    elections = string
    tallies   = string
    voters    = string
  })
}

variable "votes_per_second" {
  description = "Votes per second that this region must bear with a peer gone. Pollers and reserved concurrency follow from it."
  type        = number
  default     = 500

  validation {
    condition     = var.votes_per_second >= 1 && var.votes_per_second <= 50000
    error_message = "votes_per_second is 1 to 50000: more takes more than the 2,000 pollers that a mapping has."
  }
}

variable "votes_queue_arns" {
  description = "Region to the ARN of its votes queue."
  type        = map(string)
}

variable "votes_queue_urls" {
  description = "Region to the address of its votes queue."
  type        = map(string)
}

variable "website_origin" {
  description = "The website's origin, whose scripts may call the API."
  type        = string

  validation {
    condition     = can(regex("^https://[a-z0-9.-]+$", var.website_origin))
    error_message = "website_origin is https:// and a host, without a slash at the end."
  }
}
