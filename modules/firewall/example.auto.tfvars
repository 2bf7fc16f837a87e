# Read when the module is planned or tested on its own; ignored when another configuration calls it.
logs_key_arn = "arn:aws:kms:us-east-1:123456789012:key/mrk-00000000000000000000000000000004"
name         = "election-us-east-1"
region       = "us-east-1"
scope        = "REGIONAL"
