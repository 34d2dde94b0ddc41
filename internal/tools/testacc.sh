#!/bin/sh
# Runs the Go tests with one CLI.
# usage: testacc.sh terraform|tofu BIN_DIR FIRST_CLI PACKAGES [go test arguments]
#
# With the first CLI every package runs; with another one only the packages whose tests use internal/acctest, since
# for the rest a second run would prove nothing new.
set -eu

cli=$1
bin=$2
first=$3
packages=$4
shift 4

export TF_ACC=1
case $cli in
tofu)
	# OpenTofu refuses the legacy namespace under which the harness would otherwise attach the provider.
	export TF_ACC_TERRAFORM_PATH="$bin/tofu"
	export TF_ACC_PROVIDER_HOST=registry.opentofu.org
	;;
*)
	TF_ACC_TERRAFORM_PATH=$(command -v terraform)
	export TF_ACC_TERRAFORM_PATH
	export TF_ACC_PROVIDER_HOST=registry.terraform.io
	;;
esac
export TF_ACC_PROVIDER_NAMESPACE=registry-identity

if [ "$cli" = "$first" ] || [ "$packages" != ./... ]; then
	echo "== go test with $cli"
else
	echo "== go test with $cli (packages with acceptance tests)"
	packages=$(grep -rl --include='*_test.go' 'terraform-provider-registry/internal/acctest"' internal |
		sed 's|/[^/]*$||; s|^|./|' | sort -u)
	[ -n "$packages" ] || { echo "no package uses internal/acctest"; exit 0; }
	# The fault matrix plays the CLI's part itself.
	set -- -skip '^TestMatrix' "$@"
fi
log=$bin/../test-$cli.log
# shellcheck disable=SC2086 # packages is a list of folders
{ go test -race -count=1 -timeout 20m "$@" $packages 2>&1 || echo "go test failed with status $?"; } |
	tee "$log" | grep --line-buffered -v '\[no test files\]$' || true
if grep -q '^go test failed with status' "$log"; then
	echo
	echo "failed with $cli:"
	grep -E '^ *--- FAIL|^FAIL[[:space:]]|^panic:|^WARNING: DATA RACE' "$log" | sed 's/^/  /'
	echo "the whole log is $(cd "$bin/.." && pwd)/test-$cli.log"
	exit 1
fi
