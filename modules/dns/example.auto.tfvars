# Read when the module is planned or tested on its own; ignored when another configuration calls it.
domain = "election.example"
name   = "election"
shallow_health_check_ids = {
  us-east-1 = "00000000-0000-4000-8000-000000000001"
  us-east-2 = "00000000-0000-4000-8000-000000000002"
  us-west-2 = "00000000-0000-4000-8000-000000000003"
}
