# shellcheck shell=sh
# poetry: where packages come from is written in each project; a source there that is named after this instance is signed in.
# Its credentials are in auth.toml, a link into the secrets folder.
# shellcheck disable=SC2154

poetry_file=${POETRY_CONFIG_DIR:-${XDG_CONFIG_HOME:-${HOME-}/.config}/pypoetry}/auth.toml

poetry_lines() {
	printf '%s\n' "$block_begin"
	if [ -n "$token" ]; then
		printf '[http-basic.%s]\nusername = "%s"\npassword = "%s"\n' "$instance" "$user" "$token"
	fi
	printf '%s\n' "$block_end"
}

configure_poetry() {
	if poetry_lines | own_secret "$poetry_file" auth.toml; then
		companion poetry poetry "a source named $instance in pyproject.toml is signed in by $poetry_file: poetry source add --priority=primary $instance $pypi_index" ''
	elif command -v poetry >/dev/null 2>&1; then
		not_ours poetry "$poetry_file" "move it away, or sign in by poetry config http-basic.$instance"
	fi
}

remove_poetry() {
	remove_secret "$poetry_file" auth.toml
}
