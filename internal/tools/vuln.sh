#!/bin/sh
# Looks for known vulnerabilities in what the provider calls.
# usage: vuln.sh GOVULNCHECK [its arguments] PACKAGES
#
# A vulnerability fails, and so does whatever else goes wrong, with one exception: a machine that cannot connect to the
# database is told so and succeeds. An answer of the database that cannot be used is a failure.
set -eu

problems=$(mktemp)
trap 'rm -f "$problems"' EXIT
status=0
"$@" 2>"$problems" || status=$?
cat "$problems" >&2

# What Go's HTTP client says when it gets no connection, or when a proxy refuses to make one. An answer of the database
# itself reads "HTTP GET … returned unexpected status".
get='^govulncheck: fetching vulnerabilities: Get "[^"]*": '
network='dial (tcp|udp)|lookup |proxyconnect tcp|net/http: TLS handshake timeout$|context deadline exceeded'
proxy='(Forbidden|Proxy Authentication Required|Bad Gateway|Service Unavailable|Gateway Timeout)$'
if [ "$status" -eq 1 ] && grep -qE "$get($network|$proxy)" "$problems"; then
	echo "skipped: the vulnerability database cannot be reached"
	exit 0
fi
exit "$status"
