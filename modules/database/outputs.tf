output "names" {
  description = "Table (ballots, conflicts, elections, tallies, voters) to its name, the same in all regions."
  value       = local.names
}

output "stream_arns" {
  description = "Replica region to the ARN of the ballots table's stream there."
  value = merge(
    { (var.home_region) = aws_dynamodb_table.global["ballots"].stream_arn },
    { for region, table in data.aws_dynamodb_table.ballots : region => table.stream_arn },
  )
}

output "table_arns" {
  description = "Replica region to table to its ARN there."
  value = {
    for region in var.replica_regions : region => {
      for table, name in local.names : table => "arn:aws:dynamodb:${region}:${var.account_id}:table/${name}"
    }
  }
}
