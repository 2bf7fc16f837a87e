# Where the state is kept. Bucket and region come from backend.hcl, which isn't in the repository:
# terraform init -backend-config=backend.hcl (docs/OPERATIONS.md).
terraform {
  backend "s3" {
    key          = "election/terraform.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}
