variable "alarm_topic_arn" {
  description = "The topic of this region's alarms."
  type        = string
}

variable "api_name" {
  description = "The API's name, as metrics call it."
  type        = string
}

variable "canary_topic_arn" {
  description = "The topic in us-east-1, where the canary's metric is."
  type        = string

  validation {
    condition     = startswith(var.canary_topic_arn, "arn:aws:sns:us-east-1:")
    error_message = "canary_topic_arn is a topic in us-east-1."
  }
}

variable "conflicts_per_five_minutes" {
  description = "More conflicts than that in five minutes raise an alarm."
  type        = number
  default     = 10

  validation {
    condition     = var.conflicts_per_five_minutes >= 0
    error_message = "conflicts_per_five_minutes is at least 0."
  }
}

variable "dead_letters_queue_name" {
  description = "The dead-letter queue."
  type        = string
}

variable "function_names" {
  description = "Function to its name on AWS."
  type        = map(string)
}

variable "has_tally" {
  description = "Whether the region has a tally."
  type        = bool
  default     = true
}

variable "host" {
  description = "The host of this region's API alone."
  type        = string
}

variable "name" {
  description = "What names begin with."
  type        = string
}

variable "queue_age_seconds" {
  description = "An older message raises an alarm. More than the second copies' delay, which may count."
  type        = number
  default     = 600

  validation {
    condition     = var.queue_age_seconds > 300
    error_message = "queue_age_seconds is more than 300: second copies wait that long on purpose."
  }
}

variable "region" {
  description = "The region that is watched."
  type        = string
}

variable "stage_name" {
  description = "The API's stage, as metrics call it."
  type        = string
}

variable "tally_lag_seconds" {
  description = "A tally further behind raises an alarm."
  type        = number
  default     = 60

  validation {
    condition     = var.tally_lag_seconds >= 15
    error_message = "tally_lag_seconds is at least 15: the window alone is ten."
  }
}

variable "votes_queue_name" {
  description = "The votes queue."
  type        = string
}
