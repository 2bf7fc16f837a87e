# One region, for trying the deployment. NOT for an election: a vote is accepted once it is durable in two regions, so
# with one every vote is answered with 503, and one region's trouble would take everything.

module "election" {
  source = "../.."

  name         = "election-dev"
  domain       = var.domain
  alarm_emails = var.alarm_emails

  regions         = ["us-east-1"]
  replica_regions = ["us-east-1"]

  # Thrown away without ceremony, and within a new account's quotas.
  deletion_protection = false
  log_retention_days  = 7
  monthly_budget_usd  = 50
  reserve_concurrency = false
  votes_per_second    = 10
}
