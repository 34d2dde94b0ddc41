#!/bin/sh
# Runs `terraform test` (or `tofu test`) of every module that has tests.
# usage: modtest.sh CLI_PATH WORK_DIR
#
# The modules are copied first: `init` leaves a lock file behind that would refuse the provider after its next build.
# CODER_* and REGISTRY_* of the developer are cleared by the makefile; REGISTRY_URL names a closed port so that a test
# which forgot to mock the provider fails loudly instead of reaching a real server.
set -eu

cli=$1
work=$2
name=$(basename "$cli")
export REGISTRY_URL=https://127.0.0.1:1
export REGISTRY_ACCESS_TOKEN=not-a-token

rm -rf "$work"
mkdir -p "$work"
[ -d modules ] || { echo "modtest: there is no modules folder here: run from the top of the repository" >&2; exit 1; }
tar -cf - --exclude=.terraform --exclude=.terraform.lock.hcl modules | tar -xf - -C "$work"

failed=
found=
for tests in $(cd "$work" && find modules -name '*.tftest.hcl' | sed 's|/tests/[^/]*$||; s|/[^/]*\.tftest\.hcl$||' | sort -u); do
	found=yes
	echo "== $name test $tests"
	log=$work/$(echo "$tests" | tr / -).init.log
	if ! "$cli" -chdir="$work/$tests" init -backend=false -input=false -no-color >"$log" 2>&1; then
		cat "$log"
		failed="$failed $tests(init)"
		continue
	fi
	"$cli" -chdir="$work/$tests" test -no-color || failed="$failed $tests"
done
[ -n "$found" ] || { echo "modtest: no module has a *.tftest.hcl file" >&2; exit 1; }
if [ -n "$failed" ]; then
	echo "modtest: failed with $name:$failed" >&2
	exit 1
fi
