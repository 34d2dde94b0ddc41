# Metadata of one person's tokens. Artifact Keeper lists tokens by owner only.
list "registry_token" "quinn" {
  provider = registry

  config {
    username = "quinn"
  }
}
