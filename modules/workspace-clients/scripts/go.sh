# shellcheck shell=sh
# Go: settings in the file that `go env -w` writes, so that every process has them and Go itself need not be installed
# yet. The token comes from the credential program, which Go (1.24 and later) asks; earlier versions use netrc, and so have
# no credentials where the token comes from Coder and no file holds one.
# shellcheck disable=SC2154

go_helper=$base/bin/$instance-goauth

# Fails where Go itself would find no file.
go_env_file() {
	case ${GOENV-} in
	off) return 1 ;;
	'') ;;
	*)
		printf '%s' "$GOENV"
		return
		;;
	esac
	case ${XDG_CONFIG_HOME-} in
	'') printf '%s' "$HOME/.config/go/env" ;;
	/*) printf '%s' "$XDG_CONFIG_HOME/go/env" ;;
	*) return 1 ;;
	esac
}

# The helper comes first, or an old entry in netrc would win over it.
go_auth() {
	case $go_helper in
	*[[:space:]]*) printf "'%s';netrc" "$go_helper" ;;
	*) printf '%s;netrc' "$go_helper" ;;
	esac
}

go_lines() {
	printf 'GOAUTH=%s\nGONOSUMDB=%s\nGOPROXY=%s\n' "$(go_auth)" "$go_no_sum_db" "$go_proxy"
}

configure_go() {
	if ! go_file=$(go_env_file); then
		result go failed "go reads no settings file here: GOENV is \"off\" or XDG_CONFIG_HOME is not an absolute path; unset them in the template or the image"
		return 1
	fi
	go_other=$(other_instance "$go_file" GOPROXY=)
	if [ -n "$go_other" ]; then
		result go failed "the module instance \"$go_other\" already sets GOPROXY, and there is only one; list the repositories in one instance; if the template has no such instance any more, delete its lines from $go_file"
		return 1
	fi
	if ! replace_block "$go_file" "$(go_lines)$newline"; then
		result go failed "$go_file could not be written: look at its owner and mode"
		return 1
	fi
	finish go go "$go_proxy in $go_file" "$(overruled "$(go_auth)" GOAUTH)$(overruled "$go_no_sum_db" GONOSUMDB)$(overruled "$go_proxy" GOPROXY)"
}

remove_go() {
	if go_file=$(go_env_file); then
		replace_block "$go_file" ''
	fi
}
