#!/bin/sh
# Prints the path of a usable terraform on PATH, and nothing when there is none.
# 1.11 is the first version with write-only arguments; ephemeral resources came one earlier.
set -eu

path=$(command -v terraform) || exit 0
# A developer's own CLI configuration must not decide whether terraform counts as present.
version=$(TF_CLI_CONFIG_FILE=/dev/null CHECKPOINT_DISABLE=1 "$path" version 2>/dev/null |
	sed -n 's/^Terraform v\([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
major=${version%%.*}
minor=${version#*.}
if [ "${major:-0}" -gt 1 ] || { [ "${major:-0}" -eq 1 ] && [ "${minor:-0}" -ge 11 ]; }; then
	echo "$path"
fi
