#!/bin/sh
# Makes each Coder template a folder of its own with the modules it uses inside, as `coder templates push` wants it.
# usage: package-templates.sh OUTPUT_DIR
set -eu

out=$1
[ -d templates ] || { echo "package-templates: there is no templates folder here: run from the top of the repository" >&2; exit 1; }
rm -rf "$out"
for template in templates/*/; do
	name=$(basename "$template")
	mkdir -p "$out/$name"
	tar -cf - --exclude=.terraform --exclude='.terraform.lock.hcl' --exclude='*.tfstate*' -C "$template" . | tar -xf - -C "$out/$name"
	tar -cf - --exclude=.terraform --exclude='.terraform.lock.hcl' --exclude='*.tftest.hcl' --exclude=tests modules | tar -xf - -C "$out/$name"
	for file in "$out/$name"/*.tf; do
		sed 's|"../../modules/|"./modules/|' "$file" >"$file.new"
		mv "$file.new" "$file"
	done
	echo "coder templates push $name --directory $out/$name"
done
