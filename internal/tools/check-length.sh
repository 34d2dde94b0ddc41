#!/bin/sh
# A file longer than a reader keeps in mind should become two. The limit is a little above the 400 lines we aim at.
set -eu

limit=450
long=$(git ls-files --cached --others --exclude-standard -- '*.go' '*.sh' '*.tf' '*.tftpl' '*.hcl' GNUmakefile .ci/run |
	while read -r file; do
		[ -f "$file" ] || continue
		lines=$(wc -l <"$file")
		[ "$lines" -le "$limit" ] || echo "  $lines lines: $file"
	done)
if [ -n "$long" ]; then
	echo "files above $limit lines; split them by what they are about:"
	echo "$long"
	exit 1
fi
