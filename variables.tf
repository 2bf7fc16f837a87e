variable "alarm_emails" {
  description = "Who is told of alarms and of costs. Each confirms one subscription per region."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for email in var.alarm_emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", email))])
    error_message = "alarm_emails are e-mail addresses."
  }
}

variable "architecture" {
  description = "What the functions' packages are built for: arm64 or x86_64."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is arm64 or x86_64."
  }
}

variable "artifacts_directory" {
  description = "Where scripts/package put the functions' packages: absolute, or from this root's folder."
  type        = string
  default     = "target/lambda"

  validation {
    condition     = length(var.artifacts_directory) > 0 && !endswith(var.artifacts_directory, "/")
    error_message = "artifacts_directory is a folder, without a slash at the end."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete tables, and buckets with files in them. Off only for development and teardown."
  type        = bool
  default     = true
}

variable "domain" {
  description = "The election's domain, whose zone is made here: vote.DOMAIN, results.DOMAIN, api.DOMAIN."
  type        = string
  default     = "election.example"

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,}$", var.domain)) && length(var.domain) <= 200
    error_message = "domain is a name as vote2026.example.org, in lower case, without a dot at the end."
  }
}

variable "initialising" {
  description = "True until `election init` is done, then false: after that nobody can wrap a secret."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "How long logs are kept. Logs hold no voter, but times."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400], var.log_retention_days)
    error_message = "log_retention_days is one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400."
  }
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

variable "monthly_budget_usd" {
  description = "The month's budget of the whole account, in US dollars. It alerts, and limits nothing."
  type        = number
  default     = 1000

  validation {
    condition     = var.monthly_budget_usd >= 1
    error_message = "monthly_budget_usd is at least 1."
  }
}

variable "name" {
  description = "What all names begin with. Two elections in one account have two names."
  type        = string
  default     = "election"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "name is 3 to 20 letters, digits and hyphens, beginning with a letter."
  }
}

variable "nearest_replica" {
  description = "Region outside replica_regions to the replica region whose tables it uses. Without an entry: one on the same continent."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for region, replica in var.nearest_replica : contains(var.regions, region) && contains(var.replica_regions, replica)])
    error_message = "nearest_replica leads from one of regions to one of replica_regions."
  }
}

variable "operator_principals" {
  description = "ARNs of the users or roles that may assume the operators' roles, with a second factor. With none, whoever IAM in this account allows."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for principal in var.operator_principals : can(regex("^arn:aws:(iam|sts)::[0-9]{12}:", principal))])
    error_message = "operator_principals are ARNs of users or roles."
  }
}

variable "parent_zone_id" {
  description = "The zone of the parent domain, if it is in this account: it gets the delegation. Otherwise null, and the output name_servers goes to the registrar."
  type        = string
  default     = null

  validation {
    condition     = var.parent_zone_id == null || can(regex("^Z[A-Z0-9]+$", var.parent_zone_id))
    error_message = "parent_zone_id begins with Z."
  }
}

variable "price_class" {
  description = "Which of CloudFront's places serve the website: PriceClass_100 is North America and Europe."
  type        = string
  default     = "PriceClass_100"

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "price_class is PriceClass_100, PriceClass_200 or PriceClass_All."
  }
}

variable "processor" {
  description = "Who works the queues off: lambda, or ec2 (in replica regions; elsewhere it stays lambda)."
  type        = string
  default     = "lambda"

  validation {
    condition     = contains(["ec2", "lambda"], var.processor)
    error_message = "processor is lambda or ec2."
  }
}

variable "processor_program" {
  description = "For processor = \"ec2\": the `election` command with the feature aws, as an object in S3."
  type = object({
    bucket = string
    key    = string
    sha256 = string
  })
  default = null

  validation {
    condition     = var.processor != "ec2" || var.processor_program != null
    error_message = "processor = \"ec2\" needs processor_program."
  }
}

variable "provisioned_concurrency" {
  description = "Function to environments kept warm in each region, for the opening. Costs by the hour."
  type        = map(number)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.provisioned_concurrency), ["health-check", "results", "tally", "vote-enqueuer", "vote-processor"])) == 0 && alltrue([for environments in values(var.provisioned_concurrency) : environments >= 1])
    error_message = "provisioned_concurrency gives functions (health-check, results, tally, vote-enqueuer, vote-processor) at least 1."
  }
}

variable "regions" {
  description = "Where votes are accepted. At least two for an election, three to survive one. A single one is for trying the deployment."
  type        = set(string)
  default     = ["us-east-1", "us-east-2", "us-west-2"]

  validation {
    condition     = length(var.regions) >= 1 && length(var.regions) <= 15
    error_message = "regions are one to fifteen."
  }

  validation {
    condition     = alltrue([for region in var.regions : can(regex("^(af|ap|ca|eu|il|me|mx|sa|us)-(central|north|northeast|northwest|south|southeast|southwest|east|west)-[1-9]$", region))])
    error_message = "regions are names as us-east-1."
  }
}

variable "replica_regions" {
  description = "Where the tables have replicas, the first being home: three of regions in one set, or two and a witness. Can't be changed later. One alone is for development."
  type        = list(string)
  default     = ["us-east-1", "us-east-2", "us-west-2"]

  validation {
    condition     = length(setsubtract(var.replica_regions, var.regions)) == 0
    error_message = "replica_regions are among regions."
  }

  validation {
    condition     = contains([1, 2, 3], length(var.replica_regions)) && length(distinct(var.replica_regions)) == length(var.replica_regions)
    error_message = "replica_regions are three different regions, two with a witness_region, or one for development."
  }

  validation {
    condition     = length(var.replica_regions) > 1 || length(var.regions) == 1
    error_message = "One replica is for one region: a table in one place doesn't survive it."
  }
}

variable "requests_per_five_minutes" {
  description = "Requests that one address may send in five minutes. A carrier's NAT hides thousands of voters behind one."
  type        = number
  default     = 20000

  validation {
    condition     = var.requests_per_five_minutes >= 5000 && var.requests_per_five_minutes <= 2000000000
    error_message = "requests_per_five_minutes is at least 5000."
  }
}

variable "reserve_concurrency" {
  description = "Reserve each function's concurrency, so that none can take another's. Needs raised quotas; off in a new account."
  type        = bool
  default     = true
}

variable "second_copy_delay_seconds" {
  description = "How long a second copy waits in a peer's queue."
  type        = number
  default     = 300

  validation {
    condition     = var.second_copy_delay_seconds >= 0 && var.second_copy_delay_seconds <= 900
    error_message = "second_copy_delay_seconds is 0 to 900."
  }
}

variable "votes_per_second" {
  description = "Votes per second that each region must bear with a peer gone. Concurrency, pollers and limits follow from it."
  type        = number
  default     = 500

  validation {
    condition     = var.votes_per_second >= 1 && var.votes_per_second <= 50000
    error_message = "votes_per_second is 1 to 50000."
  }
}

variable "warm_throughput" {
  description = "What the global tables are ready for from the first second; null is AWS's default. Never lower it: that replaces a table."
  type = object({
    read_units_per_second  = number
    write_units_per_second = number
  })
  default = null

  validation {
    condition     = var.warm_throughput == null || try(var.warm_throughput.read_units_per_second >= 12000 && var.warm_throughput.write_units_per_second >= 4000, false)
    error_message = "warm_throughput is at least 12000 reads and 4000 writes per second."
  }
}

variable "witness_region" {
  description = "With two replica_regions: the region that only takes part in commits."
  type        = string
  default     = null

  validation {
    condition     = (var.witness_region != null) == (length(var.replica_regions) == 2)
    error_message = "A witness_region belongs to exactly two replica_regions."
  }
}
