# The sites' files. Public in content, private in access: only the distribution reads them.

resource "aws_s3_bucket" "site" {
  for_each = local.hosts

  region        = var.home_region
  bucket        = "${var.name}-${var.account_id}-${each.key}"
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_public_access_block" "site" {
  for_each = local.hosts

  region                  = var.home_region
  bucket                  = aws_s3_bucket.site[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "site" {
  for_each = local.hosts

  region = var.home_region
  bucket = aws_s3_bucket.site[each.key].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "site" {
  for_each = local.hosts

  region = var.home_region
  bucket = aws_s3_bucket.site[each.key].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "site" {
  for_each = local.hosts

  region = var.home_region
  bucket = aws_s3_bucket.site[each.key].id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "site" {
  for_each = local.hosts

  region = var.home_region
  bucket = aws_s3_bucket.site[each.key].id

  rule {
    id     = "old-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 90
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  depends_on = [aws_s3_bucket_versioning.site]
}

resource "aws_s3_bucket_policy" "site" {
  for_each = local.hosts

  region = var.home_region
  bucket = aws_s3_bucket.site[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # Objects have names of their own: the last part is open.
        Sid       = "ReadByOwnDistribution"
        Effect    = "Allow"
        Principal = { Service = "cloudfront.amazonaws.com" }
        Action    = ["s3:GetObject"]
        Resource  = ["arn:aws:s3:::${var.name}-${var.account_id}-${each.key}/*"]
        Condition = { StringEquals = { "aws:SourceArn" = aws_cloudfront_distribution.site[each.key].arn } }
      },
      {
        # A refusal may be wide: `*` in a Deny gives nobody anything.
        Sid       = "RequireTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = ["arn:aws:s3:::${var.name}-${var.account_id}-${each.key}", "arn:aws:s3:::${var.name}-${var.account_id}-${each.key}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}
