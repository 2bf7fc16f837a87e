variable "alarm_emails" {
  description = "Who is told of alarms and of costs."
  type        = set(string)
  default     = []
}

variable "domain" {
  description = "The election's domain."
  type        = string
  default     = "election.example"
}
