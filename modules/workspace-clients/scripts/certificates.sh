# shellcheck shell=sh
# The registry's certificate authority: one folder for programs that add to the system's (SSL_CERT_DIR), and one bundle
# of the system's and ours for clients that take a single file instead of it.
# shellcheck disable=SC2154

system_bundle() {
	for system_file in "${SSL_CERT_FILE-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt \
		/etc/ssl/ca-bundle.pem /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem /etc/ssl/cert.pem; do
		if [ -n "$system_file" ] && [ "$system_file" != "$bundle" ] && [ -r "$system_file" ]; then
			printf '%s' "$system_file"
			return
		fi
	done
}

# OpenSSL finds a certificate in a folder by a link named after the hash of its subject. Go reads every file and needs none.
link_certificate() {
	command -v openssl >/dev/null 2>&1 || return 0
	link_hash=$(openssl x509 -noout -subject_hash -in "$1" 2>/dev/null) || return 0
	link_number=0
	while [ -L "$base/ca/$link_hash.$link_number" ]; do
		[ "$(readlink "$base/ca/$link_hash.$link_number")" != "${1##*/}" ] || return 0
		link_number=$((link_number + 1))
	done
	ln -s "${1##*/}" "$base/ca/$link_hash.$link_number"
}

remove_certificates_from() {
	remove_number=$1
	while [ -e "$base/ca/$instance-$remove_number.pem" ]; do
		remove_file "$base/ca/$instance-$remove_number.pem"
		remove_number=$((remove_number + 1))
	done
	for remove_link in "$base"/ca/*.[0-9]*; do
		if [ -L "$remove_link" ] && ! [ -e "$remove_link" ]; then
			rm -f "$remove_link"
		fi
	done
}

configure_certificates() {
	remove_certificates_from $((ca_count + 1))
	ca_number=1
	while [ "$ca_number" -le "$ca_count" ]; do
		ca_file=$base/ca/$instance-$ca_number.pem
		eval "ca_text=\$ca_$ca_number"
		# A link of an earlier certificate would carry the wrong hash.
		if ! { printf '%s\n' "$ca_text" | cmp -s - "$ca_file"; }; then
			rm -f "$ca_file"
			remove_certificates_from $((ca_count + 1))
			printf '%s\n' "$ca_text" | write_file "$ca_file" || return 1
		fi
		link_certificate "$ca_file"
		ca_number=$((ca_number + 1))
	done
	write_bundle || return 1
	if [ "$ca_count" -gt 0 ] && [ -z "$(system_bundle)" ]; then
		result certificates note "this image has no certificate bundle of its own (package ca-certificates); npm and pip trust only the registry's authority"
	fi
}

# All instances share the bundle; without certificates it is not needed.
write_bundle() {
	set -- "$base"/ca/*.pem
	if ! [ -e "$1" ]; then
		remove_file "$bundle"
		return
	fi
	bundle_system=$(system_bundle)
	{
		if [ -n "$bundle_system" ]; then
			cat "$bundle_system"
			printf '\n'
		fi
		cat "$@"
	} | write_file "$bundle"
}
