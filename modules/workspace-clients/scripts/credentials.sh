# shellcheck shell=sh
# The only file that handles the token. Everything secret is in one folder with mode 0700, so that one command wipes it.
# Nothing here passes a secret as an argument: printf is built into the shell.
# shellcheck disable=SC2034,SC2154

# A workspace can change hands (a claimed prebuild, a home volume that is used again), and the next owner must not find
# anything of the previous one.
wipe_secrets() {
	chmod 700 "$base" "$secrets" 2>/dev/null
	owner_now=${CODER_WORKSPACE_OWNER_NAME-}/$environment_user
	owner_before=$owner_now
	if [ -f "$instance_secrets/owner" ]; then
		read -r owner_before <"$instance_secrets/owner"
	fi
	if [ "$owner_before" != "$owner_now" ]; then
		rm -rf "${secrets:?}"
		note_change
	elif [ "$mode" = start ]; then
		rm -rf "${instance_secrets:?}"
	fi
	printf '%s\n' "$owner_now" | write_file "$instance_secrets/owner" 600 && chmod 700 "$secrets" "$instance_secrets"
}

# Sets user, token and credentials (ok or none). A new source of tokens has its place here.
load_credentials() {
	eval "environment_user=\${$user_variable-} token=\${$token_variable-} expires_at=\${$expiry_variable-}"
	user=${token_user:-$environment_user}
	credentials=ok
	if [ -z "$token" ]; then
		credentials=none
		return 0
	fi
	case $token in
	*[!A-Za-z0-9._~+/=:@%-]*)
		complain "$token_variable does not hold a token: there are characters in it that no token has."
		token='' credentials=none
		return 1
		;;
	esac
	case $user in
	'' | *[[:space:][:cntrl:]:\'\"\\\#]*)
		complain "$user_variable does not hold the name of a registry user, so the token cannot be used."
		token='' credentials=none
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

# Each instance adds a part, an empty one when it has no token.
write_netrc() {
	if [ -z "$go_urls$pypi_index" ]; then
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

# days_since_epoch YEAR MONTH DAY, by the civil calendar: `date` cannot parse a time portably.
days_since_epoch() {
	days_year=$1 days_month=$2
	if [ "$days_month" -le 2 ]; then
		days_year=$((days_year - 1)) days_month=$((days_month + 12))
	fi
	printf '%s' $((365 * days_year + days_year / 4 - days_year / 100 + days_year / 400 + (153 * (days_month - 3) + 2) / 5 + $3 - 719469))
}

# A zero in front would make a number octal.
decimal() {
	decimal_digits=${1#0}
	printf '%s' "${decimal_digits:-0}"
}

# The token of this workspace is fixed until the next start, so say in time that it ends.
check_expiry() {
	[ -n "$token" ] || return 0
	case $expires_at in
	[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]*Z) ;;
	'')
		result token ok "does not expire"
		return 0
		;;
	*)
		result token note "cannot tell when the token ends: $expiry_variable is not a UTC time"
		return 0
		;;
	esac
	expiry_date=${expires_at%%T*}
	expiry_clock=${expires_at#*T}
	expiry_month_day=${expiry_date#*-}
	expiry_minutes=${expiry_clock#*:}
	expiry_day=$(days_since_epoch "${expiry_date%%-*}" "$(decimal "${expiry_month_day%-*}")" "$(decimal "${expiry_month_day#*-}")")
	expiry_seconds=$((expiry_day * 86400 + $(decimal "${expiry_clock%%:*}") * 3600 + $(decimal "${expiry_minutes%%:*}") * 60))
	expiry_left=$((expiry_seconds - $(date +%s)))
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
