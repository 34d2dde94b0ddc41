terraform import registry_oidc_mapping.app github-actions/app
