# Read when the module is planned or tested on its own; ignored when another configuration calls it.
alarm_topic_arn         = "arn:aws:sns:us-east-2:123456789012:election-alarms"
api_name                = "election-api"
canary_topic_arn        = "arn:aws:sns:us-east-1:123456789012:election-alarms"
dead_letters_queue_name = "election-dead-letters"
function_names = {
  health-check   = "election-health-check"
  results        = "election-results"
  tally          = "election-tally"
  vote-enqueuer  = "election-vote-enqueuer"
  vote-processor = "election-vote-processor"
}
host             = "us-east-2.api.election.example"
name             = "election"
region           = "us-east-2"
stage_name       = "live"
votes_queue_name = "election-votes"
