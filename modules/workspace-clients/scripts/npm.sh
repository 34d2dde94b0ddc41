# shellcheck shell=sh
# npm, and whatever else reads the user's .npmrc (pnpm, yarn 1). The file refers to the token's environment variable, so
# there is no secret in it.
# shellcheck disable=SC2154

npmrc_file() {
	printf '%s' "${NPM_CONFIG_USERCONFIG:-${npm_config_userconfig:-$HOME/.npmrc}}"
}

# Credentials belong to a URL without its scheme, and only to that repository: other paths of the host get no token.
npm_credential() {
	if [ -n "$token" ]; then
		# shellcheck disable=SC2016 # npm expands this, not the shell
		printf '//%s:_authToken=${%s}\n' "${1#*://}" "$token_variable"
	fi
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
	if [ "$ca_count" -gt 0 ]; then
		printf 'cafile=%s\n' "$bundle"
	fi
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
	finish npm npm "${npm_registry:-scopes only} in $npm_file" "$(overruled "$npm_registry" ${npm_registry:+NPM_CONFIG_REGISTRY npm_config_registry})"
}

remove_npm() {
	replace_block "$(npmrc_file)" ''
}
