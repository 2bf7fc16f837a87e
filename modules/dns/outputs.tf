output "certificate_arn" {
  description = "The distributions' certificate, in us-east-1, once it is issued."
  value       = aws_acm_certificate_validation.edge.certificate_arn
}

output "health_check_ids" {
  description = "Region to the health check that takes it out of the shared names."
  value       = { for region, check in aws_route53_health_check.region : region => check.id }
}

output "name_servers" {
  description = "What the registrar or the parent's zone has to be told."
  value       = aws_route53_zone.domain.name_servers
}

output "switch_regions" {
  description = "Region to the region that its switch is in."
  value       = local.switch_regions
}

output "validation_record_fqdns" {
  description = "The records that prove the API's names, for the regions' certificates."
  value       = [for record in aws_route53_record.proof : record.fqdn]
}

output "zone_id" {
  description = "The domain's zone."
  value       = aws_route53_zone.domain.zone_id
}
