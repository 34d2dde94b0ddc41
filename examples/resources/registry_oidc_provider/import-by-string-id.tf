import {
  to = registry_oidc_provider.github
  id = "github-actions"
}
