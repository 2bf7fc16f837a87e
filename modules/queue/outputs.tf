output "dead_letters_arn" {
  description = "The dead-letter queue's ARN."
  value       = aws_sqs_queue.dead_letters.arn
}

output "dead_letters_name" {
  description = "The dead-letter queue's name, as metrics call it."
  value       = aws_sqs_queue.dead_letters.name
}

output "dead_letters_url" {
  description = "The dead-letter queue's address."
  value       = aws_sqs_queue.dead_letters.url
}

output "visibility_timeout_seconds" {
  description = "How long a received message stays hidden."
  value       = local.visibility_timeout_seconds
}

output "votes_arn" {
  description = "The votes queue's ARN."
  value       = aws_sqs_queue.votes.arn
}

output "votes_name" {
  description = "The votes queue's name, as metrics call it."
  value       = aws_sqs_queue.votes.name
}

output "votes_url" {
  description = "The votes queue's address."
  value       = aws_sqs_queue.votes.url
}
