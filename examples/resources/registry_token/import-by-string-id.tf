import {
  to = registry_token.pipeline
  id = "quinn/2d6c3a0e-4f4b-4a52-9f0a-6f0f5f3a1c77"
}
