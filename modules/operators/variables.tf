variable "account_id" {
  description = "The account that owns everything."
  type        = string
}

variable "ballot_secret_key_arns" {
  description = "Region to the ballot secret's key there."
  type        = map(string)
}

variable "dead_letters_queue_arns" {
  description = "Region to its dead-letter queue."
  type        = map(string)
}

variable "home_region" {
  description = "The region of the milestones' topics."
  type        = string
}

variable "initialising" {
  description = "Whether the initiator's role exists. True until `election init` is done, then false: after that nobody can wrap a secret."
  type        = bool
  default     = true
}

variable "milestone_key_arn" {
  description = "The key of the milestones' topics."
  type        = string
}

variable "milestone_topic_arns" {
  description = "certification, closing and opening to their topics."
  type        = map(string)
}

variable "name" {
  description = "What the roles' names begin with."
  type        = string
}

variable "principals" {
  description = "ARNs of the users or roles that may assume the operators' roles, with a second factor. With none, whoever IAM in this account allows."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for principal in var.principals : can(regex("^arn:aws:(iam|sts)::[0-9]{12}:", principal))])
    error_message = "principals are ARNs of users or roles."
  }
}

variable "records_key_arns" {
  description = "Region to the records' key there."
  type        = map(string)
}

variable "replica_regions" {
  description = "The regions with replicas of the tables."
  type        = list(string)
}

variable "storage_key_arns" {
  description = "Region to the key of queues and tables there."
  type        = map(string)
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

variable "votes_queue_arns" {
  description = "Region to its votes queue."
  type        = map(string)
}
