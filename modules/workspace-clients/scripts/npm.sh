# shellcheck shell=sh
# npm, and whatever else reads the user's .npmrc (pnpm, yarn 1). There is never a secret in that file, which may be a link
# into a repository of dotfiles: it refers to the token's environment variable, or, when the token is renewed and a variable
# would be the first one for ever, the credential is in a file of ours that NPM_CONFIG_GLOBALCONFIG names. It takes the place of
# npm's global file and has a copy of that in it. The user's own file would be replaced by NPM_CONFIG_USERCONFIG, and what
# `npm config set` writes would be lost.
# shellcheck disable=SC2154

npmrc_file() {
	printf '%s' "${NPM_CONFIG_USERCONFIG:-${npm_config_userconfig:-$HOME/.npmrc}}"
}

# Credentials belong to a URL without its scheme, and only to that repository: other paths of the host get no token.
npm_credential() {
	if [ -n "$token" ] && [ "$token_source" = env ]; then
		# shellcheck disable=SC2016 # npm expands this, not the shell
		printf '//%s:_authToken=${%s}\n' "${1#*://}" "$token_variable"
	fi
}

# Where npm would look for its global file: below its prefix, which is that of node unless the image says otherwise.
npm_global_file() {
	npm_node=$(command -v node) && npm_node=$(readlink -f "$npm_node")
	for npm_candidate in "${PREFIX-}/etc/npmrc" "${npm_node%/bin/*}/etc/npmrc" /usr/local/etc/npmrc /etc/npmrc; do
		if [ -f "$npm_candidate" ] && [ -r "$npm_candidate" ]; then
			printf '%s' "$npm_candidate"
			return
		fi
	done
}

# Each instance adds a part, as to netrc.
write_npm_credentials() {
	if [ "$token_source" = external-auth ] && [ -n "$npm_urls" ]; then
		if [ -n "$token" ]; then
			for npm_url in $npm_urls; do
				printf '//%s:_authToken=%s\n' "${npm_url#*://}" "$token"
			done
		fi | write_file "$instance_secrets/npmrc" 600 || return 1
	else
		remove_file "$instance_secrets/npmrc"
	fi
	compose_npm_credentials
}

compose_npm_credentials() {
	set -- "$secrets"/*/npmrc
	if ! [ -f "$1" ]; then
		remove_file "$secrets/npmrc"
		return
	fi
	npm_global=$(npm_global_file)
	{
		if [ -n "$npm_global" ]; then
			cat "$npm_global"
			printf '\n'
		fi
		cat "$@"
	} | write_file "$secrets/npmrc" 600
}

npm_lines() {
	if [ -n "$npm_registry" ]; then
		printf 'registry=%s\n' "$npm_registry"
		npm_credential "$npm_registry"
	fi
	if [ -n "$npm_scopes" ]; then
		npm_done=" $npm_registry "
		while read -r npm_scope npm_url; do
			printf '%s:registry=%s\n' "$npm_scope" "$npm_url"
			case $npm_done in
			*" $npm_url "*) ;;
			*) npm_credential "$npm_url" ;;
			esac
			npm_done="$npm_done$npm_url "
		done <<-END
			$npm_scopes
		END
	fi
	if [ -n "$npm_always_auth" ]; then
		printf 'always-auth=true\n'
	fi
	if [ "$ca_count" -gt 0 ]; then
		printf 'cafile=%s\n' "$bundle"
	fi
}

# The user's file wins over the global one: a token that npm login or another module left there would be used for ever.
npm_own_credential() {
	[ "$token_source" = external-auth ] || return 1
	for npm_url in $npm_urls; do
		if without_block "$npm_file" | grep -qF "//${npm_url#*://}:_auth"; then
			printf '%s' "$npm_url"
			return 0
		fi
	done
	return 1
}

configure_npm() {
	npm_file=$(npmrc_file)
	npm_other=
	if [ -n "$npm_registry" ]; then
		npm_other=$(other_instance "$npm_file" registry=)
	fi
	if [ -n "$npm_other" ]; then
		result npm failed "the module instance \"$npm_other\" already sets npm's default registry; give one of the two a scope (\"@scope:key\"); if the template has no such instance any more, delete its lines from $npm_file"
		return 1
	fi
	if ! replace_block "$npm_file" "$(npm_lines)$newline"; then
		result npm failed "$npm_file could not be written: look at its owner and mode"
		return 1
	fi
	if ! write_npm_credentials; then
		result npm failed "$secrets/npmrc could not be written"
		return 1
	fi
	npm_names=$(overruled "$npm_registry" ${npm_registry:+NPM_CONFIG_REGISTRY npm_config_registry})
	if [ "$token_source" = external-auth ] && [ "${NPM_CONFIG_GLOBALCONFIG-}" != "$secrets/npmrc" ]; then
		npm_names="$npm_names NPM_CONFIG_GLOBALCONFIG"
	fi
	if npm_stale=$(npm_own_credential); then
		result npm note "${npm_registry:-scopes only} in $npm_file, but that file has credentials of its own for $npm_stale, which win; delete that line if they are not meant"
		return 0
	fi
	finish npm npm "${npm_registry:-scopes only} in $npm_file" "$npm_names"
}

remove_npm() {
	remove_file "$instance_secrets/npmrc"
	replace_block "$(npmrc_file)" '' && compose_npm_credentials
}
