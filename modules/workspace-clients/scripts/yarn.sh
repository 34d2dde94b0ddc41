# shellcheck shell=sh
# yarn. Yarn 1 reads npm's file, but for the authority, and sends no token for a package without a scope unless told so
# (always_auth, about which npm warns; the variable YARN_ALWAYS_AUTH would stop later versions). Yarn 2 and later read a file of
# their own only. That one is YAML and has to hold the token, so it is a link into the secrets folder.
# shellcheck disable=SC2154

yarn_classic_file=${HOME-}/.yarnrc
yarn_modern_file=${HOME-}/.yarnrc.yml

yarn_modern_lines() {
	printf '%s\n' "$block_begin"
	if [ -n "$npm_registry" ]; then
		printf 'npmRegistryServer: "%s"\n' "$npm_registry"
	fi
	if [ -n "$npm_scopes" ]; then
		printf 'npmScopes:\n'
		while read -r yarn_scope yarn_url; do
			printf '  "%s":\n    npmRegistryServer: "%s"\n' "${yarn_scope#@}" "$yarn_url"
		done <<-END
			$npm_scopes
		END
	fi
	# Beside a server or a scope the token would go wherever a project's own file points these.
	printf 'npmRegistries:\n'
	for yarn_url in $npm_urls; do
		printf '  "%s":\n    npmAlwaysAuth: true\n' "${yarn_url%/}"
		if [ -n "$token" ]; then
			printf '    npmAuthToken: "%s"\n' "$token"
		fi
	done
	if [ "$ca_count" -gt 0 ]; then
		printf 'httpsCaFilePath: "%s"\n' "$bundle"
	fi
	case $registry_url in
	http://*) printf 'unsafeHttpWhitelist:\n  - "%s"\n' "$registry_name" ;;
	esac
	printf '%s\n' "$block_end"
}

configure_yarn() {
	yarn_classic=''
	if [ "$ca_count" -gt 0 ]; then
		yarn_classic="cafile \"$bundle\"$newline"
	fi
	replace_block "$yarn_classic_file" "$yarn_classic" || return 1
	if yarn_modern_lines | own_secret "$yarn_modern_file" yarnrc.yml; then
		companion yarn yarn "${npm_registry:-scopes only} in $yarn_modern_file; Yarn 1 reads npm's file" "$(overruled '' YARN_REGISTRY YARN_NPM_REGISTRY_SERVER YARN_RC_FILENAME)"
	elif command -v yarn >/dev/null 2>&1; then
		not_ours yarn "$yarn_modern_file" "move it away if you use Yarn 2 or later, or put npmRegistryServer and npmAuthToken into it"
	fi
}

remove_yarn() {
	remove_secret "$yarn_modern_file" yarnrc.yml
	replace_block "$yarn_classic_file" ''
}
