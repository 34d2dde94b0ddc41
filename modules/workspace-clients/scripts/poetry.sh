# shellcheck shell=sh
# poetry: where packages come from is written in each project. Its credentials go by the name of a source, and a project could give
# that name to any address. So with a token from the environment there are none, and poetry reads netrc. With one from Coder, which
# is in no netrc, they have a name that no project knows, made of the token itself, beside the registry's address: poetry takes
# the credentials of an address for any source there. That is in auth.toml, a link into the secrets folder.
# shellcheck disable=SC2154

poetry_file=${POETRY_CONFIG_DIR:-${XDG_CONFIG_HOME:-${HOME-}/.config}/pypoetry}/auth.toml

poetry_lines() {
	printf '%s\n' "$block_begin"
	# Without sha256sum there is no such name, and so nothing is handed out.
	if [ -n "$token" ] && command -v sha256sum >/dev/null 2>&1; then
		poetry_name=$(printf '%s' "$token" | sha256sum)
		poetry_name=$instance-${poetry_name%% *}
		# The first of equals counts, so these come before the name for publishing.
		for poetry_url in $pypi_urls; do
			printf '[repositories.%s]\nurl = "%s"\n[http-basic.%s]\nusername = "%s"\npassword = "%s"\n' \
				"$poetry_name" "$poetry_url" "$poetry_name" "$user" "$token"
			if [ "$ca_count" -gt 0 ]; then
				printf '[certificates.%s]\ncert = "%s"\n' "$poetry_name" "$bundle"
			fi
			poetry_name=$poetry_name-
		done
	fi
	printf '[repositories.%s]\nurl = "%s"\n%s\n' "$instance" "$pypi_upload" "$block_end"
}

configure_poetry() {
	poetry_add="poetry source add --priority=primary $instance $pypi_index"
	if [ "$token_source" = env ]; then
		remove_poetry
		companion poetry poetry "a source at $pypi_index in pyproject.toml is signed in by netrc: $poetry_add" "$(overruled "$secrets/netrc" NETRC)"
	elif poetry_lines | own_secret "$poetry_file" auth.toml; then
		companion poetry poetry "a source at $pypi_index in pyproject.toml is signed in by $poetry_file: $poetry_add" ''
	elif command -v poetry >/dev/null 2>&1; then
		not_ours poetry "$poetry_file" "move it away"
	fi
}

remove_poetry() {
	remove_secret "$poetry_file" auth.toml
}
