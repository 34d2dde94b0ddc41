#!/bin/sh
# Validates every example and every Coder template against the providers' schemas.
# usage: validate-examples.sh CLI_PATH WORK_DIR
set -eu

cli=$1
work=$2
name=$(basename "$cli")
export REGISTRY_URL=https://127.0.0.1:1
export REGISTRY_ACCESS_TOKEN=not-a-token

rm -rf "$work"
mkdir -p "$work"
tar -cf - --exclude=.terraform --exclude=.terraform.lock.hcl --exclude='*.tfstate*' examples modules templates | tar -xf - -C "$work"

# Each way to import is an example of its own: together they would import one object twice.
version=$("$cli" version | sed -n '1s/.* v\([0-9.]*\).*/\1/p')
oldest=$(printf '%s\n' 1.12.0 "$version" | sort -V | head -n 1)
for file in $(cd "$work" && find examples -name 'import-by-*.tf'); do
	if [ "$oldest" = 1.12.0 ] || [ "${file##*/}" = import-by-string-id.tf ]; then
		mkdir -p "$work/${file%.tf}"
		cp "$work/${file%/*}/resource.tf" "$work/$file" "$work/${file%.tf}/"
	fi
	rm "$work/$file"
done

failed=
for dir in $(cd "$work" && find examples templates -name '*.tf' | sed 's|/[^/]*$||' | sort -u); do
	# The pages show no terraform block but the provider's; without one the CLI would look for another provider.
	grep -qs required_providers "$work/$dir"/*.tf || cp examples/provider/provider.tf "$work/$dir/"
	if ! { "$cli" -chdir="$work/$dir" init -backend=false -input=false -no-color &&
		"$cli" -chdir="$work/$dir" validate -no-color; } >"$work/validate.log" 2>&1; then
		cat "$work/validate.log"
		failed="$failed $dir"
	fi
done
if [ -n "$failed" ]; then
	echo "not valid with $name:$failed" >&2
	exit 1
fi
echo "== $name validate: all examples and templates are valid"
