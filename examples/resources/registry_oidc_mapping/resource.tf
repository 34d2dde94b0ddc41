resource "registry_oidc_provider" "github" {
  name       = "github-actions"
  issuer_url = "https://token.actions.githubusercontent.com"
  audience   = "registry"
}

resource "registry_oidc_mapping" "app" {
  provider_id = registry_oidc_provider.github.id
  name        = "app"
  priority    = 1
  claims      = jsonencode({ repository = "acme/app", ref = "refs/heads/main" })

  # On Artifactory: whose token the pipeline gets. Artifact Keeper has an account for each mapping instead.
  artifactory = {
    username   = "ci-app"
    scope      = "applied-permissions/user"
    expires_in = "10m"
  }
}
