variable "account_id" {
  description = "The account that owns the queues."
  type        = string
}

variable "batching_window_seconds" {
  description = "The event source mapping's batching window."
  type        = number
  default     = 1

  validation {
    condition     = var.batching_window_seconds >= 0 && var.batching_window_seconds <= 300
    error_message = "batching_window_seconds is 0 to 300."
  }
}

variable "kms_key_arn" {
  description = "The key of queues and tables in this region."
  type        = string

  validation {
    condition     = startswith(var.kms_key_arn, "arn:aws:kms:")
    error_message = "kms_key_arn is the ARN of a KMS key."
  }
}

variable "max_receive_count" {
  description = "After so many receives a message becomes a dead letter. Many, because a failing table must not flood it."
  type        = number
  default     = 100

  validation {
    condition     = var.max_receive_count >= 100 && var.max_receive_count <= 1000
    error_message = "max_receive_count is 100 to 1000: with fewer, an hour's trouble of a table makes dead letters of good votes."
  }
}

variable "name" {
  description = "What the queues' names begin with."
  type        = string
}

variable "processor_timeout_seconds" {
  description = "The time-out of the function that works the queue off."
  type        = number
  default     = 30

  validation {
    condition     = var.processor_timeout_seconds >= 1 && var.processor_timeout_seconds <= 900
    error_message = "processor_timeout_seconds is 1 to 900."
  }
}

variable "region" {
  description = "The region of the queues."
  type        = string
}

variable "sender_role_arns" {
  description = "ARNs of the only roles that may send: the enqueuers of all regions, and the officer who replays dead letters."
  type        = list(string)

  validation {
    condition     = length(var.sender_role_arns) > 0
    error_message = "Somebody has to send votes."
  }
}

variable "visibility_timeout_seconds" {
  description = "How long a received message stays hidden. At least 6 × the processor's time-out + the batching window; raised to that if it is less."
  type        = number
  default     = 200

  validation {
    condition     = var.visibility_timeout_seconds >= 0 && var.visibility_timeout_seconds <= 43200
    error_message = "visibility_timeout_seconds is 0 to 43200."
  }
}
