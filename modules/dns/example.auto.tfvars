# Read when the module is planned or tested on its own; ignored when another configuration calls it.
domain  = "election.example"
name    = "election"
regions = ["us-east-1", "us-east-2", "us-west-2"]
