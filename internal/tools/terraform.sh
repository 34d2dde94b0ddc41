#!/bin/sh
# Builds a Terraform from its Go module, for tests that need a newer one than the machine has (terraform query: 1.14).
# It is a tool for tests under a licence of its own; nothing here contains it or needs it.
# usage: terraform.sh VERSION BINARY
#
# The module cannot be installed as it is: it has replace lines, and most backends for remote state are modules of their
# own that are not in it. They are left out, since tests keep their state in a file.
set -eu

version=$1
binary=$2
work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT

cd "$work" # outside any module
source=$(go mod download -json "github.com/hashicorp/terraform@v$version" | sed -n 's/^[[:space:]]*"Dir": "\(.*\)",\{0,1\}$/\1/p')
[ -n "$source" ] || { echo "terraform $version: the Go module proxy does not have it" >&2; exit 1; }
cp -R "$source" terraform
chmod -R u+w terraform
cd terraform

missing=$(sed -n 's|^replace .* => \./\(internal/backend/remote-state/.*\)|\1|p' go.mod)
for folder in $missing; do
	alias=$(sed -n "s|^[[:space:]]*\([A-Za-z0-9]*\) \"github.com/hashicorp/terraform/$folder\"$|\1|p" internal/backend/init/init.go)
	sed -e "\|/$folder\"|d" -e "/ $alias\.New()/d" internal/backend/init/init.go >init.go.new
	mv init.go.new internal/backend/init/init.go
	sed "\|/$folder v|d" go.mod >go.mod.new
	mv go.mod.new go.mod
done
# internal/legacy is another module that is missing, and no code outside it uses it. The tools are for working on Terraform.
sed -e '\|/internal/legacy v|d' -e '/^tool (/,/^)/d' go.mod >go.mod.new
mv go.mod.new go.mod

# The linker variable drops the "-dev" suffix, which would misfire in every version check.
mkdir -p "$(dirname "$binary")"
GOFLAGS=-mod=mod GOWORK=off go build -trimpath -buildvcs=false \
	-ldflags '-s -w -X github.com/hashicorp/terraform/version.dev=no' -o "$binary" .
