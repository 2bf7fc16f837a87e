variable "alarm_topic_arns" {
  description = "Region to the topic of its alarms: told when a switch is turned."
  type        = map(string)
  default     = {}
}

variable "domain" {
  description = "The election's domain. Its zone is made here."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,}$", var.domain)) && length(var.domain) <= 200
    error_message = "domain is a name as vote.example.org, in lower case, without a dot at the end."
  }
}

variable "name" {
  description = "What names begin with."
  type        = string
}

variable "parent_zone_id" {
  description = "The zone of the parent domain, if it is in this account: it gets the delegation. Otherwise null, and the name servers go to the registrar."
  type        = string
  default     = null

  validation {
    condition     = var.parent_zone_id == null || can(regex("^Z[A-Z0-9]+$", var.parent_zone_id))
    error_message = "parent_zone_id begins with Z."
  }
}

variable "regions" {
  description = "The regions with an API."
  type        = set(string)

  validation {
    condition     = length(var.regions) >= 1
    error_message = "At least one region."
  }
}
