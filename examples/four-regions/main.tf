# A fourth region that accepts votes and has no replica: it uses the nearest replica's ballot box and tally.

module "election" {
  source = "../.."

  domain       = var.domain
  alarm_emails = var.alarm_emails

  regions         = ["ca-central-1", "us-east-1", "us-east-2", "us-west-2"]
  replica_regions = ["us-east-1", "us-east-2", "us-west-2"]
  nearest_replica = { ca-central-1 = "us-east-2" }
}
