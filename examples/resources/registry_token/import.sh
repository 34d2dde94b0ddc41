# USERNAME/ID. The token itself is not imported, since the registry shows it only once.
terraform import registry_token.pipeline quinn/2d6c3a0e-4f4b-4a52-9f0a-6f0f5f3a1c77
