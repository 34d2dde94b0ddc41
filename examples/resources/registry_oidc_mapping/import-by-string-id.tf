import {
  to = registry_oidc_mapping.app
  id = "github-actions/app"
}
