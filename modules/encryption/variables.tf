variable "account_id" {
  description = "The account that owns the keys."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id is twelve digits."
  }
}

variable "deletion_window_days" {
  description = "Days between asking for a key's deletion and the deletion. Until then it can be cancelled."
  type        = number
  default     = 30

  validation {
    condition     = var.deletion_window_days >= 7 && var.deletion_window_days <= 30
    error_message = "deletion_window_days is 7 to 30."
  }
}

variable "home_region" {
  description = "The region of the primary keys. All others have replicas."
  type        = string

  validation {
    condition     = contains(var.regions, var.home_region)
    error_message = "home_region is one of regions."
  }
}

variable "name" {
  description = "What the keys' aliases begin with."
  type        = string
}

variable "regions" {
  description = "Every region that encrypts anything, the home region included."
  type        = set(string)
}

variable "roles" {
  description = "ARNs of the roles that may use a key, by what they do. They needn't exist yet. Without initiators nobody can wrap secrets."
  type = object({
    enqueuers  = list(string)
    initiators = list(string)
    officers   = list(string)
    processors = list(string)
    registrars = list(string)
    tallies    = list(string)
  })
}
