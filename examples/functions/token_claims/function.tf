variable "token" {
  type      = string
  sensitive = true
}

# What a JSON Web Token says about itself. The signature is not checked.
output "subject" {
  value     = provider::registry::token_claims(var.token).subject
  sensitive = true
}
