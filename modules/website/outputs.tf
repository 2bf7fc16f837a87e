output "buckets" {
  description = "results and voting to their buckets."
  value       = { for site, bucket in aws_s3_bucket.site : site => bucket.bucket }
}

output "distribution_ids" {
  description = "results and voting to their distributions."
  value       = { for site, distribution in aws_cloudfront_distribution.site : site => distribution.id }
}

output "origin" {
  description = "The voting site's origin, whose scripts may call the API."
  value       = "https://${local.hosts.voting}"
}

output "results_url" {
  description = "Where the results are read."
  value       = "https://${local.hosts.results}/results"
}

output "website_url" {
  description = "Where voters vote."
  value       = "https://${local.hosts.voting}"
}
