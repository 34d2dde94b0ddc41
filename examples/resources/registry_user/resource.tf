# Nobody signs in as this person with a password; workspaces and pipelines get tokens.
resource "registry_user" "quinn" {
  username = "quinn"
  email    = "quinn@example.com"
}

variable "initial_password" {
  type      = string
  ephemeral = true
}

# The password is sent and kept nowhere. Raise the version to send it again.
resource "registry_user" "robin" {
  username            = "robin"
  email               = "robin@example.com"
  password_wo         = var.initial_password
  password_wo_version = 1
  deletion_policy     = "disable"
}
