variable "account_id" {
  description = "The account that owns the tables. Streams are switched on in this account only."
  type        = string
}

variable "deletion_protection" {
  description = "Refuse to delete any table or replica. Off only for development and teardown."
  type        = bool
  default     = true
}

variable "home_region" {
  description = "The region in which the global tables are created: the first of replica_regions."
  type        = string

  validation {
    condition     = var.home_region == var.replica_regions[0]
    error_message = "home_region is the first of replica_regions."
  }
}

variable "kms_key_arns" {
  description = "Region to the ARN of the key of queues and tables there. Changing a replica's key replaces the table."
  type        = map(string)
}

variable "name" {
  description = "What the tables' names begin with."
  type        = string
}

variable "replica_regions" {
  description = "Where the tables have replicas: three, or two and a witness, in one set of regions. One alone is for development. Can't be changed later."
  type        = list(string)

  validation {
    condition     = contains([1, 2, 3], length(var.replica_regions)) && length(distinct(var.replica_regions)) == length(var.replica_regions)
    error_message = "replica_regions are three different regions, two with a witness_region, or one for development."
  }

  validation {
    condition = length(var.replica_regions) == 1 || anytrue([
      for set in [
        ["us-east-1", "us-east-2", "us-west-2"],
        ["eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3"],
        ["ap-northeast-1", "ap-northeast-2", "ap-northeast-3"],
      ] : length(setsubtract(var.replica_regions, set)) == 0
    ])
    error_message = "Replicas are in one set that strong tables allow: us-east-1, us-east-2, us-west-2; or eu-central-1, eu-west-1, eu-west-2, eu-west-3; or ap-northeast-1, -2, -3."
  }
}

variable "warm_throughput" {
  description = "What the global tables are ready for from the first second; null is AWS's own default. Never lower it: that replaces a table."
  type = object({
    read_units_per_second  = number
    write_units_per_second = number
  })
  default = null

  validation {
    condition     = var.warm_throughput == null || try(var.warm_throughput.read_units_per_second >= 12000 && var.warm_throughput.write_units_per_second >= 4000, false)
    error_message = "warm_throughput is at least 12000 reads and 4000 writes per second, which a new table has anyway."
  }
}

variable "witness_region" {
  description = "With two replicas: the region that only takes part in commits, and keeps no readable copy."
  type        = string
  default     = null

  validation {
    condition     = (var.witness_region != null) == (length(var.replica_regions) == 2)
    error_message = "A witness_region belongs to exactly two replica_regions."
  }

  validation {
    condition     = var.witness_region == null || !contains(var.replica_regions, coalesce(var.witness_region, "none"))
    error_message = "witness_region isn't a replica as well."
  }

  validation {
    condition = var.witness_region == null || anytrue([
      for set in [
        ["us-east-1", "us-east-2", "us-west-2"],
        ["eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3"],
        ["ap-northeast-1", "ap-northeast-2", "ap-northeast-3"],
      ] : length(setsubtract(concat(var.replica_regions, var.witness_region[*]), set)) == 0
    ])
    error_message = "witness_region is in the set of its replicas."
  }
}
