variable "account_id" {
  description = "The account, which makes the buckets' names unique."
  type        = string
}

variable "certificate_arn" {
  description = "The certificate of *.DOMAIN in us-east-1."
  type        = string

  validation {
    condition     = startswith(var.certificate_arn, "arn:aws:acm:us-east-1:")
    error_message = "CloudFront's certificates are in us-east-1."
  }
}

variable "domain" {
  description = "The election's domain: the sites are vote.DOMAIN and results.DOMAIN."
  type        = string
}

variable "edge_secret" {
  description = "What the distributions send to the API's firewalls."
  type        = string
  sensitive   = true
}

variable "force_destroy" {
  description = "Delete the buckets with what is in them. For development and teardown."
  type        = bool
  default     = false
}

variable "home_region" {
  description = "The region of the buckets."
  type        = string
}

variable "log_retention_days" {
  description = "How long the firewall's refused requests are kept."
  type        = number
  default     = 30
}

variable "logs_key_arn" {
  description = "The key of log groups in us-east-1."
  type        = string
}

variable "name" {
  description = "What names begin with."
  type        = string
}

variable "price_class" {
  description = "Which of CloudFront's places are used: PriceClass_100 is North America and Europe."
  type        = string
  default     = "PriceClass_100"

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "price_class is PriceClass_100, PriceClass_200 or PriceClass_All."
  }
}

variable "regions" {
  description = "The regions with an API."
  type        = set(string)

  validation {
    condition     = length(var.regions) >= 1 && length(var.regions) <= 15
    error_message = "One to fifteen regions: a distribution has 25 behaviours."
  }
}

variable "requests_per_five_minutes" {
  description = "Requests that one address may send in five minutes."
  type        = number
  default     = 20000
}

variable "zone_id" {
  description = "The domain's zone."
  type        = string
}
