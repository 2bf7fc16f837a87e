# One provider for all regions: resources say themselves which region they are in.
provider "aws" {
  region = local.home_region

  default_tags {
    tags = {
      Application = var.name
      ManagedBy   = "terraform"
    }
  }
}
