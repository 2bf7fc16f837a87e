variable "domain" {
  description = "The election's domain: the API is api.DOMAIN and REGION.api.DOMAIN."
  type        = string
}

variable "edge_secret" {
  description = "What the website's distributions send along, so that the firewall doesn't take them for one address."
  type        = string
  sensitive   = true
}

variable "function_names" {
  description = "Function to its name on AWS."
  type        = map(string)
}

variable "health_check_id" {
  description = "The health check that takes this region out of the shared name: shallow health and the operators' switch."
  type        = string
}

variable "invoke_arns" {
  description = "Function to what API Gateway calls."
  type        = map(string)

  validation {
    condition     = length(setsubtract(["health-check", "results", "vote-enqueuer"], keys(var.invoke_arns))) == 0
    error_message = "invoke_arns has health-check, results and vote-enqueuer."
  }
}

variable "log_retention_days" {
  description = "How long access logs are kept."
  type        = number
  default     = 30
}

variable "logs_key_arn" {
  description = "The key of log groups in this region."
  type        = string
}

variable "name" {
  description = "What names begin with."
  type        = string
}

variable "region" {
  description = "The region of the API."
  type        = string
}

variable "requests_per_five_minutes" {
  description = "Requests that one address may send in five minutes."
  type        = number
  default     = 20000
}

variable "validation_record_fqdns" {
  description = "The records that prove the API's names to the certificate authority."
  type        = set(string)
}

variable "votes_per_second" {
  description = "Votes per second that this region must bear with a peer gone. Limits per route follow from it."
  type        = number
  default     = 500

  validation {
    condition     = var.votes_per_second >= 1
    error_message = "votes_per_second is at least 1."
  }
}

variable "zone_id" {
  description = "The domain's zone."
  type        = string
}
