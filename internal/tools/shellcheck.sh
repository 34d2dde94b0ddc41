#!/bin/sh
# Checks every shell script of the repository, the modules' included. What examples show for import are single commands.
set -eu

command -v shellcheck >/dev/null || { echo "shellcheck is not installed (Debian package: shellcheck)" >&2; exit 1; }
git ls-files --cached --others --exclude-standard -- '*.sh' .ci/run ':!examples' | while read -r file; do
	[ -f "$file" ] || continue
	echo "$file"
done | xargs shellcheck
