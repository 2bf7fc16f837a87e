# Read when the module is planned or tested on its own; ignored when another configuration calls it.
account_id      = "123456789012"
certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-4000-8000-000000000000"
domain          = "election.example"
edge_secret     = "an-example-and-no-secret"
home_region     = "us-east-1"
logs_key_arn    = "arn:aws:kms:us-east-1:123456789012:key/mrk-00000000000000000000000000000004"
name            = "election"
regions         = ["us-east-1", "us-east-2", "us-west-2"]
zone_id         = "ZEXAMPLE"
