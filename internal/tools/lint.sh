#!/bin/sh
# Every check that needs no test run. All of them run, so that one look shows all there is to do.
# usage: lint.sh GOLANGCI_LINT CLI_PATH
set -eu

golangci=$1
cli=$2
failed=
part() { # NAME HINT COMMAND...
	echo "== $1"
	name=$1
	hint=$2
	shift 2
	"$@" || { failed="$failed, $name"; [ -z "$hint" ] || echo "$hint"; }
}

part "golangci-lint" "" "$golangci" run ./...
part "shellcheck" "" internal/tools/shellcheck.sh
part "$(basename "$cli") fmt" "not formatted: run make fmt" "$cli" fmt -check -diff -recursive .
part "go mod tidy" "go.mod or go.sum is not tidy: run go mod tidy" go mod tidy -diff
part "file length" "" internal/tools/check-length.sh

[ -z "$failed" ] || { echo "lint failed: ${failed#, }" >&2; exit 1; }
echo "lint passed"
