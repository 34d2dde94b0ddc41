# Metadata only: a registry never shows a token again.
data "registry_tokens" "quinn" {
  username             = "quinn"
  description_contains = "nightly"
}
