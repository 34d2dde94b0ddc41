import {
  to = registry_oidc_provider.github
  identity = {
    name = "github-actions"
  }
}
