#!/bin/sh
# Writes the list of all Go modules that the provider and its tests are made of (SBOM, CycloneDX). Those that only tests
# need are marked optional. The same commit gives the same file.
# usage: sbom.sh CYCLONEDX_GOMOD FILE
set -eu

"$1" mod -json -std -test -short-purls -noserial -notimestamp -output "$2" "$(dirname "$0")/../.."
