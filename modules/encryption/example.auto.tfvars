# Read when the module is planned or tested on its own; ignored when another configuration calls it.
account_id  = "123456789012"
home_region = "us-east-1"
name        = "election"
regions     = ["us-east-1", "us-east-2", "us-west-2"]
roles = {
  enqueuers  = ["arn:aws:iam::123456789012:role/election-us-east-1-vote-enqueuer"]
  initiators = ["arn:aws:iam::123456789012:role/election-initiator"]
  officers   = ["arn:aws:iam::123456789012:role/election-officer"]
  processors = ["arn:aws:iam::123456789012:role/election-us-east-1-vote-processor"]
  registrars = ["arn:aws:iam::123456789012:role/election-registrar"]
  tallies    = ["arn:aws:iam::123456789012:role/election-us-east-1-tally"]
}
