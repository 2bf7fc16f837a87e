# Read when the module is planned or tested on its own; ignored when another configuration calls it.
emails      = ["treasurer@election.example"]
monthly_usd = 1000
name        = "election"
