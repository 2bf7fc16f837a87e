variable "edge_secret" {
  description = "What the website's distributions send along, so that their requests aren't counted as one address's. For a regional firewall."
  type        = string
  default     = "none"
  sensitive   = true
}

variable "log_retention_days" {
  description = "How long refused requests are kept."
  type        = number
  default     = 30
}

variable "logs_key_arn" {
  description = "The key of log groups in this region."
  type        = string
}

variable "name" {
  description = "The web ACL's name."
  type        = string
}

variable "region" {
  description = "The region; us-east-1 for CloudFront."
  type        = string

  validation {
    condition     = var.scope == "REGIONAL" || var.region == "us-east-1"
    error_message = "CloudFront's firewalls are in us-east-1."
  }
}

variable "requests_per_five_minutes" {
  description = "Requests that one address may send in five minutes. A carrier's NAT hides thousands of voters behind one, and each sends about five."
  type        = number
  default     = 20000

  validation {
    condition     = var.requests_per_five_minutes >= 5000 && var.requests_per_five_minutes <= 2000000000
    error_message = "requests_per_five_minutes is at least 5000: below that, a carrier's customers are locked out."
  }
}

variable "scope" {
  description = "REGIONAL for an API, CLOUDFRONT for distributions."
  type        = string

  validation {
    condition     = contains(["CLOUDFRONT", "REGIONAL"], var.scope)
    error_message = "scope is REGIONAL or CLOUDFRONT."
  }
}
