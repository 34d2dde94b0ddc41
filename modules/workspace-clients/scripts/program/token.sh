# shellcheck shell=sh
# Where a token comes from. Its place is one file per instance in the secrets folder, which the start script writes when
# the token came by environment, and this program when Coder's external authentication has it. A new source of tokens is a
# case in get_token. Nothing here passes a secret as an argument of a program: printf is built into the shell.
# shellcheck disable=SC2034,SC2154

secrets=$base/secrets
# Renew this many seconds before the end, so that a token that was just handed out outlives the request it is for.
margin=60
# How long an opaque token of unknown end is believed to be good, and how long a refusal is not asked about again.
blind_cache=60
refusal_cache=10
newline='
'

complain() {
	printf '%s\n' "$*" >&2
}

# load_instance NAME: what the start script has written down about an instance of the module. No secret is in there.
load_instance() {
	instance=$1 source='' external_auth='' coder_path='' on_mismatch='' token_user='' registry_url='' registry_type='' urls='' fronts=''
	instance_secrets=$secrets/$instance
	[ -r "$base/instances/$instance" ] || return 1
	while read -r load_key load_value; do
		case $load_key in
		source) source=$load_value ;;
		external_auth) external_auth=$load_value ;;
		coder) coder_path=$load_value ;;
		on_mismatch) on_mismatch=$load_value ;;
		token_user) token_user=$load_value ;;
		registry) registry_url=$load_value ;;
		type) registry_type=$load_value ;;
		url) urls=$urls$load_value$newline ;;
		front) fronts=$fronts$load_value$newline ;;
		esac
	done <"$base/instances/$instance"
}

# usable SECONDS: whether the token that was read is good for that long.
usable() {
	[ -z "$until" ] || [ $((until - $1)) -gt "$(date +%s)" ]
}

# temporary NAME: where a file of the instance is written first. The start and refresh scripts leave it alone while this process
# lives.
temporary() {
	printf '%s/%s.new.%s.%s' "$instance_secrets" "$1" "${process% *}" "${process#* }"
}

# keep NAME WRITER: what WRITER prints becomes NAME in the instance's folder. This process may have waited for Coder while the
# workspace stopped or changed hands: then there is no such folder, or it is somebody else's.
keep() {
	keep_for=$recorded
	keep_new=$(temporary "$1")
	if "$2" >"$keep_new" && folder_fits && [ "$recorded" = "$keep_for" ] && mv -f "$keep_new" "$instance_secrets/$1"; then
		return 0
	fi
	rm -f "$keep_new"
	return 1
} 2>/dev/null

write_token() {
	# An instance's folder may be gone for a moment, while its start script runs once more for the same owner.
	if ! keep token token_lines && ! { folder_fits && [ "$recorded" = "$keep_for" ]; }; then
		token=''
		problem="the token was fetched, and not used, since $secrets is not what it was: the workspace stops, or has another owner"
		return 1
	fi
}

# refuse STATUS TEXT: remembered for a moment, since a package manager calls many times and nothing gets better meanwhile.
refuse() {
	problem=$2 refuse_status=$1
	keep refusal refusal_line
	return "$1"
}

refusal_line() {
	printf '%s %s %s\n' "$(($(date +%s) + refusal_cache))" "$refuse_status" "$problem"
}

# refused: the status of a refusal a moment ago, and problem.
refused() {
	[ -r "$instance_secrets/refusal" ] || return 0
	read -r refused_until refused_status problem <"$instance_secrets/refusal" || return 0
	[ "$refused_until" -le "$(date +%s)" ] || return "$refused_status"
}

# get_token SECONDS [anew]: a token that is good for that long if there is any, else what is left of the one in hand. With
# "anew" the one in hand was turned down. Sets what read_token sets. Fails with 3 when the owner has not linked their account, 4
# when the token is somebody else's and 1 for all else, and problem says what to do.
get_token() {
	problem=''
	if ! folder_fits; then
		problem="what is in $secrets was not written for this workspace and its owner; stop and start this workspace"
		return 1
	fi
	case $source in
	external-auth) ;;
	*)
		if ! read_token; then
			problem="there are no credentials for $registry_url in this workspace; its start script says how to get an account"
			return 1
		fi
		if ! usable 0; then
			problem="the token for $registry_url has expired; stop and start this workspace to get a new one"
			return 1
		fi
		[ -z "${2-}" ] || { problem="$registry_url turned the token of this workspace down"; return 1; }
		return 0
		;;
	esac
	if [ -z "${2-}" ] && read_token && usable "$1"; then
		return 0
	fi
	token=''
	read_token
	get_before=$token
	lock=$base/$instance.fetching
	if ! take_lock 60; then
		problem="another process has been asking Coder for a token for a minute; if none is, remove $lock"
		in_hand
		return
	fi
	# Somebody may have fetched it while this one waited.
	if read_token && { [ "$token" != "$get_before" ] || [ -z "${2-}" ]; } && usable "$1"; then
		release_lock
		return 0
	fi
	refused
	get_status=$?
	if [ "$get_status" = 0 ]; then
		fetch_token
		get_status=$?
	fi
	release_lock
	if [ "$get_status" = 0 ] && [ -n "${2-}" ] && [ "$token" = "$get_before" ]; then
		problem="$registry_url turned the token down, and Coder has no other; $instance-doctor looks into it"
		get_status=1
	elif [ "$get_status" = 0 ] || { [ -z "${2-}" ] && [ "$get_status" != 4 ] && in_hand; }; then
		return 0
	fi
	token=''
	return "$get_status"
}

# A token that still has time left is better than none while Coder or the registry is away.
in_hand() {
	read_token && [ -n "$expires" ] && [ "$expires" -gt "$(date +%s)" ]
}

# The agent puts the folder of its own binary on the PATH of what it starts. For all else the start script has noted it.
find_coder() {
	coder=$(command -v coder) || coder=$coder_path
	[ -n "$coder" ] && [ -x "$coder" ]
}

# ask_coder ARGUMENT...: sets coder_answer, and coder_error to the first lines it says about a failure.
ask_coder() {
	coder_said=$(temporary coder)
	coder_answer=$("$coder" external-auth access-token "$@" "$external_auth" 2>"$coder_said")
	coder_status=$?
	coder_error=$(head -n 5 "$coder_said" | tr '\n\t' '  ' | tr -dc '[:print:]')
	rm -f "$coder_said"
	return "$coder_status"
}

# link_in TEXT: the first web address in what Coder printed instead of a token.
link_in() {
	link_text=$1
	case $link_text in
	'{'*)
		link_text=$(printf '%s' "$link_text" | json_field url)
		;;
	esac
	case $link_text in
	*https://*) link_text=https://${link_text#*https://} ;;
	*http://*) link_text=http://${link_text#*http://} ;;
	*) return 0 ;;
	esac
	link_text=${link_text%%[!A-Za-z0-9._~:/?#@!&=+,%-]*}
	printf '%s' "$link_text"
}

# Only the exit status tells a token from a link: both come on standard output.
fetch_token() {
	if ! find_coder; then
		refuse 1 "the coder command is not here: neither on the PATH nor where it was at the start of the workspace; only processes that the Coder agent starts are sure to find it"
		return
	fi
	# The folder above it stays away if the workspace stops.
	[ -d "$instance_secrets" ] || mkdir "$instance_secrets"
	ask_coder --output json
	if [ "$coder_status" != 0 ]; then
		case $coder_error in
		# Before mid-2026 there is no such option, and no word about the token's end.
		*'unknown flag'* | *'flag provided but not defined'*) ask_coder ;;
		esac
	fi
	if [ "$coder_status" != 0 ]; then
		coder_link=$(link_in "$coder_answer")
		coder_answer=''
		if [ -n "$coder_link" ]; then
			refuse 3 "your account at $registry_url is not linked, or has to be linked again: open $coder_link"
			return
		fi
		coder_hint=''
		if [ -z "${CODER_AGENT_TOKEN-}${CODER_AGENT_TOKEN_FILE-}" ]; then
			coder_hint=' (this process was not started by the Coder agent and has no CODER_AGENT_TOKEN; open a terminal in Coder)'
		fi
		case $coder_error in
		*403* | *401* | *orbidden* | *nauthorized* | *no_user_data* | *scope*)
			coder_hint="$coder_hint (if the template sets api_key_scope = \"no_user_data\" on the agent, Coder gives it no token: remove that)" ;;
		*404* | *'ot found'* | *'o git provider'*)
			coder_hint="$coder_hint (is \"$external_auth\" the ID of an external authentication provider of this Coder deployment?)" ;;
		esac
		refuse 1 "Coder gave no token for \"$external_auth\": ${coder_error:-exit status $coder_status}$coder_hint"
		return
	fi
	accept_token
}

# accept_token: checks what Coder gave and keeps it.
accept_token() {
	token=$coder_answer expires='' until='' warning=''
	case $coder_answer in
	'{'*)
		token=$(printf '%s' "$coder_answer" | json_field access_token)
		expires=$(seconds_of "$(printf '%s' "$coder_answer" | json_field expires_at)")
		coder_link=$(link_in "$coder_answer")
		if [ -z "$token" ] && [ -n "$coder_link" ]; then
			refuse 3 "your account at $registry_url is not linked, or has to be linked again: open $coder_link"
			return
		fi
		;;
	esac
	coder_answer=''
	if ! is_token "$token"; then
		token=''
		refuse 1 "what Coder gave for \"$external_auth\" is no token"
		return
	fi
	# The zero time of Go means that the provider said nothing.
	if [ "${expires:-0}" -le 0 ]; then
		expires=$(jwt_claim "$token" exp)
		case $expires in
		*[!0-9]*) expires='' ;;
		esac
	fi
	until=${expires:-$(($(date +%s) + margin + blind_cache))}
	user_of_token
	check_person || return
	rm -f "$instance_secrets/refusal"
	write_token
}

# A JWT of Artifactory names its service and then the user in "sub"; of others it is the user itself. Opaque tokens do not tell.
user_of_token() {
	user=$(jwt_claim "$token" sub)
	user=${user##*/users/}
	case $user in
	*[![:graph:]]* | *[\'\"\\\#:]*) user='' ;;
	esac
	if [ -z "$user" ] && [ -r "$instance_secrets/user" ]; then
		read -r user <"$instance_secrets/user"
	fi
	user=${token_user:-$user}
}

# check_person: the person who linked an account may have used a colleague's, a bot's or an administrator's.
check_person() {
	check_subject=$(jwt_claim "$token" sub)
	check_subject=${check_subject##*/users/}
	check_expected=''
	if [ -r "$instance_secrets/user" ]; then
		read -r check_expected <"$instance_secrets/user"
	fi
	check_problem=''
	if [ -n "$check_expected" ] && [ -n "$check_subject" ] && [ "$(lower "$check_subject")" != "$(lower "$check_expected")" ]; then
		check_problem="the linked account is \"$(printf '%s' "$check_subject" | tr -dc '[:print:]')\", and this workspace is for \"$check_expected\": link the right one in Coder's account settings"
	fi
	case " $(jwt_claim "$token" scp) " in
	*' applied-permissions/admin '*)
		check_problem="the linked account's token has an administrator's rights: have the scope of the integration set to applied-permissions/user" ;;
	esac
	if [ -z "$check_problem" ]; then
		return 0
	fi
	if [ "$on_mismatch" = warn ]; then
		warning=$check_problem
		return 0
	fi
	rm -f "$instance_secrets/token"
	token=''
	refuse 4 "$check_problem"
}

lower() {
	case $1 in
	*[A-Z]*) printf '%s' "$1" | tr '[:upper:]' '[:lower:]' ;;
	*) printf '%s' "$1" ;;
	esac
}
