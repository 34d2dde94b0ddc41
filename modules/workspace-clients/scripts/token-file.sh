# shellcheck shell=sh
# The file that holds an instance's token. The scripts and the credential program both read and write it.
# shellcheck disable=SC2034,SC2154

# read_token: fails unless the token was written for whoever the folder is now of. Sets token, user, expires and until (seconds since 1970; empty when there is no end), and warning.
read_token() {
	token='' user='' expires='' until='' warning='' read_for=''
	folder_fits && ! [ -L "$instance_secrets" ] && is_plain "$instance_secrets/token" && [ -r "$instance_secrets/token" ] || return 1
	while read -r read_key read_value; do
		case $read_key in
		for) read_for=$read_value ;;
		token) token=$read_value ;;
		user) user=$read_value ;;
		expires) expires=$read_value ;;
		until) until=$read_value ;;
		warning) warning=$read_value ;;
		esac
	done <"$instance_secrets/token"
	if [ "$read_for" != "$recorded" ]; then
		token=''
	fi
	[ -n "$token" ]
}

token_lines() {
	printf 'for %s\nuser %s\nexpires %s\nuntil %s\nwarning %s\ntoken %s\n' "$recorded" "$user" "$expires" "$until" "$warning" "$token"
}

is_token() {
	case $1 in
	'' | *[!A-Za-z0-9._~+/=:@%-]*) return 1 ;;
	esac
}
