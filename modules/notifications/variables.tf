variable "account_id" {
  description = "The account whose alarms are told."
  type        = string
}

variable "alarm_emails" {
  description = "Who is told of alarms, in every region. Each confirms each region's subscription once."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for email in var.alarm_emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", email))])
    error_message = "alarm_emails are e-mail addresses."
  }
}

variable "alarm_regions" {
  description = "Regions with alarms. us-east-1 always has one: the canaries' metrics are there."
  type        = set(string)

  validation {
    condition     = contains(var.alarm_regions, "us-east-1")
    error_message = "alarm_regions includes us-east-1, where Route 53's metrics are."
  }
}

variable "home_region" {
  description = "The region of the milestones' topics."
  type        = string
}

variable "kms_key_arns" {
  description = "Region to the key of alarm topics there."
  type        = map(string)
}

variable "milestone_emails" {
  description = "Who is told of the opening, the closing and the certification."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for email in var.milestone_emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", email))])
    error_message = "milestone_emails are e-mail addresses."
  }
}

variable "name" {
  description = "What the topics' names begin with."
  type        = string
}
