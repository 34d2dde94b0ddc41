data "registry_server" "this" {}

output "registry" {
  value = "${data.registry_server.this.type} ${data.registry_server.this.version}"
}
