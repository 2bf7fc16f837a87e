# Three regions with a replica each: survives the loss of any one. Sized for a nation's 20,000 votes per second; quotas
# have to be raised first (docs/OPERATIONS.md).

module "election" {
  source = "../.."

  domain       = var.domain
  alarm_emails = var.alarm_emails

  regions         = ["us-east-1", "us-east-2", "us-west-2"]
  replica_regions = ["us-east-1", "us-east-2", "us-west-2"]

  # 20,000 votes per second on the two regions that are left.
  votes_per_second   = 10000
  warm_throughput    = { read_units_per_second = 80000, write_units_per_second = 30000 }
  monthly_budget_usd = 20000

  # For the opening's first seconds.
  provisioned_concurrency = { results = 100, vote-enqueuer = 500 }
}
