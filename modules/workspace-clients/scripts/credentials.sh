# shellcheck shell=sh
# The credentials and their folder. Everything secret is in one folder with mode 0700, so that one command wipes it, and
# what comes from Coder is fetched by the credential program. Nothing here passes a secret as an argument: printf is built
# into the shell.
# shellcheck disable=SC2034,SC2154

# Sets user, token, expires (seconds since 1970, empty when unknown) and credentials (ok or none).
load_credentials() {
	token='' user=$environment_user expires='' credentials=none
	case $user in
	*[[:space:][:cntrl:]:\'\"\\\#]*)
		complain "$user_variable does not hold the name of a registry user."
		user=''
		;;
	esac
	if [ "$token_source" = external-auth ]; then
		load_from_coder
	else
		load_from_environment
	fi
}

load_from_environment() {
	eval "token=\${$token_variable-} expires_at=\${$expiry_variable-}"
	user=${token_user:-$user}
	if [ -z "$token" ]; then
		remove_file "$instance_secrets/token"
		return 0
	fi
	if ! is_token "$token"; then
		complain "$token_variable does not hold a token: there are characters in it that no token has."
	elif [ -z "$user" ]; then
		complain "$user_variable does not hold the name of a registry user, so the token cannot be used."
	elif expires=$([ -z "$expires_at" ] || seconds_of "$expires_at" || :) until=$expires warning='' &&
		token_lines | write_file "$instance_secrets/token" 600; then
		credentials=ok
		return 0
	fi
	token=''
	remove_file "$instance_secrets/token"
	return 1
}

# The start asks a few times, because a registry or a Coder server that is just coming up is no reason for a workspace without
# credentials; a refresh leaves it to the next one. What files hold is renewed well before its end, if Coder will.
load_from_coder() {
	if [ -n "$user" ]; then
		printf '%s\n' "$user" | write_file "$instance_secrets/user" 600 || return 1
	else
		remove_file "$instance_secrets/user"
	fi
	load_tries=3
	if [ "$mode" = refresh ]; then
		load_tries=1
	fi
	while :; do
		load_problem=$(sh "$program" fetch "$instance" "$renew_before")
		load_status=$?
		load_tries=$((load_tries - 1))
		if [ "$load_status" != 1 ] || [ "$load_tries" -le 0 ] || ! command -v coder >/dev/null 2>&1; then
			break
		fi
		rm -f "$instance_secrets/refusal"
		sleep "$load_pause"
	done
	case $load_status in
	0)
		read_token && credentials=ok
		;;
	3)
		attention=yes
		result token none "$load_problem"
		return 0
		;;
	*)
		result token failed "$load_problem"
		return 1
		;;
	esac
}

netrc_lines() {
	# Go looks for host:port, pip for the bare host.
	if [ "$registry_host" != "$registry_name" ]; then
		printf 'machine %s login %s password %s\n' "$registry_host" "$user" "$token"
	fi
	printf 'machine %s login %s password %s\n' "$registry_name" "$user" "$token"
}

# Each instance adds a part, an empty one when it has no token or when its clients ask the credential program.
write_netrc() {
	if [ "$netrc" != yes ]; then
		remove_file "$instance_secrets/netrc"
	elif [ -n "$token" ]; then
		netrc_lines | write_file "$instance_secrets/netrc" 600 || return 1
	else
		write_file "$instance_secrets/netrc" 600 </dev/null || return 1
	fi
	compose_netrc
}

# Our own netrc, which NETRC names: pip and older versions of Go read it. As it takes the place of ~/.netrc, the user's
# entries come along. Ours are first and last, because Go obeys the first match and Python the last: a stale entry for
# this host in the user's file must not win.
compose_netrc() {
	set -- "$secrets"/*/netrc
	if ! [ -f "$1" ]; then
		remove_file "$secrets/netrc"
		return
	fi
	{
		cat "$@"
		if [ -f "$HOME/.netrc" ] && [ -r "$HOME/.netrc" ]; then
			cat "$HOME/.netrc"
			printf '\n'
			cat "$@"
		fi
	} | write_file "$secrets/netrc" 600
}

# A token from the environment is fixed until the next start, so say in time that it ends. One from Coder is renewed.
check_expiry() {
	[ -n "$token" ] || return 0
	if [ "$token_source" = external-auth ]; then
		check_renewal
		return
	fi
	if [ -z "$expires_at" ]; then
		result token ok "does not expire"
		return
	fi
	if [ -z "$expires" ]; then
		result token note "cannot tell when the token ends: $expiry_variable is not a UTC time"
		return
	fi
	expiry_left=$((expires - $(date +%s)))
	if [ "$expiry_left" -le 86400 ]; then
		attention=yes
	fi
	if [ "$expiry_left" -le 0 ]; then
		result token note "expired at $expires_at: package managers are refused from now on; stop and start this workspace to get a new one"
	elif [ "$expiry_left" -le 86400 ]; then
		result token note "ends at $expires_at, in less than 24 hours: stop and start this workspace before to get a new one"
	else
		result token ok "valid until $expires_at"
	fi
}

# No time in here: the status of a workspace that works stays the same.
check_renewal() {
	if [ -n "$warning" ]; then
		result token note "$warning"
	elif [ -z "$user" ]; then
		result token note "from Coder; whose it is cannot be told from it, so give the module the user name for clients that need one"
	else
		result token ok "from Coder, as $user, renewed while the workspace runs"
	fi
}
