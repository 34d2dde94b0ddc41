# shellcheck shell=sh
# pnpm up to 10 reads npm's files, the one with a renewed credential among them. Later ones ignore the latter, and read a file
# of their own for credentials, where npm does not stumble over a key it does not know: there they are told to ask the
# credential program. (Versions up to 10 obey that key in .npmrc only.)
# shellcheck disable=SC2154

pnpm_file=${XDG_CONFIG_HOME:-${HOME-}/.config}/pnpm/auth.ini

pnpm_lines() {
	for pnpm_url in $npm_urls; do
		printf '//%s:tokenHelper=%s\n' "${pnpm_url#*://}" "$base/bin/$instance-pnpm"
	done
}

configure_pnpm() {
	replace_block "$pnpm_file" "$(pnpm_lines)$newline" || return 1
	companion pnpm pnpm "${npm_registry:-scopes only} in npm's file, token of pnpm 11 and later by $pnpm_file" ''
}

remove_pnpm() {
	replace_block "$pnpm_file" '' && remove_empty_folders "$pnpm_file"
}
