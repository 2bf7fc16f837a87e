# Read when the module is planned or tested on its own; ignored when another configuration calls it.
domain      = "election.example"
edge_secret = "an-example-and-no-secret"
function_names = {
  health-check  = "election-health-check"
  results       = "election-results"
  vote-enqueuer = "election-vote-enqueuer"
}
health_check_id = "00000000-0000-4000-8000-000000000000"
invoke_arns = {
  health-check  = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:election-health-check:live/invocations"
  results       = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:election-results:live/invocations"
  vote-enqueuer = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:election-vote-enqueuer:live/invocations"
}
logs_key_arn            = "arn:aws:kms:us-east-1:123456789012:key/mrk-00000000000000000000000000000004"
name                    = "election"
region                  = "us-east-1"
validation_record_fqdns = ["_proof.api.election.example"]
zone_id                 = "ZEXAMPLE"
