import {
  to = registry_oidc_mapping.app
  identity = {
    provider_id = "github-actions"
    name        = "app"
  }
}
