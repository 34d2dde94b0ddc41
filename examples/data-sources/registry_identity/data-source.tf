# The one registry user that a person is. The user's e-mail address must be the person's.
data "registry_identity" "owner" {
  username = "quinn"
  email    = "quinn@example.com"
}

# A person without a user is no error here; every attribute is null then.
data "registry_identity" "maybe" {
  email      = "robin@example.com"
  match      = ["email", "email_local_part"]
  on_missing = "null"
}
