#!/bin/sh
# Writes docs/ from the provider's schema.
# usage: TFPLUGINDOCS=PATH docs.sh TOFU WORK_DIR
#
# Always with the same CLI, so that the pages do not depend on which one a developer has. Page templates come from
# internal/docs: the default folder, templates/, holds Coder templates here.
set -eu

tofu=$1
work=$2
rm -rf "$work"
mkdir -p "$work"
cat >"$work/main.tf" <<TF
terraform {
  required_providers {
    registry = {
      source = "registry-identity/registry"
    }
  }
}
TF
"$tofu" -chdir="$work" init -input=false -no-color >"$work/init.log" 2>&1 || { cat "$work/init.log"; exit 1; }
# tfplugindocs looks the provider up under this name.
"$tofu" -chdir="$work" providers schema -json |
	sed 's|registry.opentofu.org/registry-identity/registry|registry.terraform.io/hashicorp/registry|' >"$work/schema.json"
"$TFPLUGINDOCS" generate --provider-name registry --providers-schema "$work/schema.json" --website-source-dir internal/docs
