# Read when the module is planned or tested on its own; ignored when another configuration calls it.
account_id    = "123456789012"
alarm_emails  = ["operators@election.example"]
alarm_regions = ["us-east-1", "us-east-2", "us-west-2"]
home_region   = "us-east-1"
kms_key_arns = {
  us-east-1 = "arn:aws:kms:us-east-1:123456789012:key/mrk-00000000000000000000000000000004"
  us-east-2 = "arn:aws:kms:us-east-2:123456789012:key/mrk-00000000000000000000000000000004"
  us-west-2 = "arn:aws:kms:us-west-2:123456789012:key/mrk-00000000000000000000000000000004"
}
milestone_emails = ["press@election.example"]
name             = "election"
