# Pipelines of GitHub Actions exchange their own tokens; registry_oidc_mapping says for what.
resource "registry_oidc_provider" "github" {
  name       = "github-actions"
  issuer_url = "https://token.actions.githubusercontent.com"
  audience   = "registry"
}
