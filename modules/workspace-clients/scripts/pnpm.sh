# shellcheck shell=sh
# pnpm reads npm's file, and its own beside it, where npm does not stumble over a key it does not know: there it is told to ask
# the credential program.
# shellcheck disable=SC2154

pnpm_file=${XDG_CONFIG_HOME:-${HOME-}/.config}/pnpm/rc

pnpm_lines() {
	for pnpm_url in $npm_urls; do
		printf '//%s:tokenHelper=%s\n' "${pnpm_url#*://}" "$base/bin/$instance-pnpm"
	done
}

configure_pnpm() {
	replace_block "$pnpm_file" "$(pnpm_lines)$newline" || return 1
	companion pnpm pnpm "${npm_registry:-scopes only} in npm's file, token by $pnpm_file" ''
}

remove_pnpm() {
	replace_block "$pnpm_file" '' && remove_empty_folders "$pnpm_file"
}
