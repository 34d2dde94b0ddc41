#!/bin/sh
# Writes docs/ from the provider's schema, examples/ and internal/docs.
# usage: docs.sh TFPLUGINDOCS SCHEMA_JSON
#
# The schema comes from our own program, so that the pages do not depend on which command line tool a developer has.
# Page templates come from internal/docs: the default folder, templates/, holds Coder templates here.
set -eu

mkdir -p "$(dirname "$2")"
go run ./internal/cmd/docschema >"$2"
"$1" generate --provider-name registry --providers-schema "$2" --website-source-dir internal/docs >"$2.log" 2>&1 || { cat "$2.log"; exit 1; }
