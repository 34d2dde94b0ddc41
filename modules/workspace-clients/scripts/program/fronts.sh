# shellcheck shell=sh
# The front names. A package manager calls this program under a name of its own; the files in instances/ say which name
# speaks which protocol, and which addresses an instance answers for. So a new package manager with one of the protocols
# below needs a row in package_managers.tf and nothing here; a new protocol is a function answer_PROTOCOL.
# shellcheck disable=SC2154

# urls_of ECOSYSTEM: the repositories of the loaded instance, one a line.
urls_of() {
	printf '%s' "$urls" | while read -r of_ecosystem of_url; do
		if [ "$of_ecosystem" = "$1" ]; then
			printf '%s\n' "$of_url"
		fi
	done
}

# or_explain: for a client that has to go on without credentials. The registry's own refusal follows, and this is why.
or_explain() {
	get_token "$margin" ${1+"$1"} && return 0
	complain "package registry: $problem"
	return 1
}

# read_input: sets input to what the client wrote, without the line feed at the end. The shell drops NUL, and two texts could
# become the registry's name, so that it is a control character here.
read_input() {
	input=$(tr '\000' '\001' && printf .)
	input=${input%.}
	input=${input%"$newline"}
}

# Go (GOAUTH): without arguments before the first request, with an address and the answer on standard input after a
# refusal. No answer means that there is no better one.
answer_go() {
	if [ $# -gt 0 ]; then
		cat >/dev/null
		go_instance=$instance
		find_instance "$1" && [ "$instance" = "$go_instance" ] || return 0
		or_explain anew || return 0
	else
		or_explain || return 0
	fi
	urls_of go
	# Go 1.24 looks for the whole address and then for the bare host, and for no path in between; later versions prefer a path.
	# Below a path the bare host is somebody else's, too.
	case ${registry_url#*://} in
	*/*) ;;
	*) printf '%s\n' "$registry_url" ;;
	esac
	printf '\nAuthorization: '
	authorization
	printf '\n'
}

# authorization: the value of the header. A user name that is not known, or an image without base64, leaves Bearer.
authorization() {
	authorization_basic=''
	if [ -n "$user" ]; then
		authorization_basic=$(printf '%s:%s' "$user" "$token" | base64 2>/dev/null | tr -d '\n')
	fi
	if [ -n "$authorization_basic" ]; then
		printf 'Basic %s\n' "$authorization_basic"
	else
		printf 'Bearer %s\n' "$token"
	fi
}

# pnpm (tokenHelper) and cargo (cargo:token-from-stdout): the header's value. pnpm asks for the addresses that its file names
# with the helper, and tells none. Cargo tells by variable which registry it means.
answer_bearer() {
	if [ -n "${CARGO_REGISTRY_INDEX_URL-}" ]; then
		bearer_instance=$instance
		find_instance "${CARGO_REGISTRY_INDEX_URL#sparse+}" && [ "$instance" = "$bearer_instance" ] || return 1
	fi
	or_explain || return 1
	printf 'Bearer %s\n' "$token"
}

# No address is no registry.
answer_cargo() {
	[ -n "${CARGO_REGISTRY_INDEX_URL-}" ] && answer_bearer
}

# pip, uv, twine (keyring's command line). Anything that is not a question for a password of ours goes to a real keyring.
answer_keyring() {
	keyring_mode='' keyring_words=0 keyring_what='' keyring_service='' keyring_user='' keyring_option=''
	for keyring_word in "$@"; do
		if [ -n "$keyring_option" ]; then
			[ "$keyring_option" != --mode ] || keyring_mode=$keyring_word
			keyring_option=''
			continue
		fi
		case $keyring_word in
		--mode=*) keyring_mode=${keyring_word#--mode=} ;;
		--output=*) ;;
		--mode | --output | -b | -p) keyring_option=$keyring_word ;;
		-*) ;;
		*)
			keyring_words=$((keyring_words + 1))
			case $keyring_words in
			1) keyring_what=$keyring_word ;;
			2) keyring_service=$keyring_word ;;
			3) keyring_user=$keyring_word ;;
			esac
			;;
		esac
	done
	# The host alone, pip's and uv's second try, could be meant for http as well.
	if [ "$keyring_what" != get ] || [ "$keyring_words" -gt 3 ] || ! find_instance "$keyring_service" user; then
		real_keyring "$@"
		return
	fi
	or_explain || return 1
	# A name that somebody else wrote into the address is theirs, and so is the password.
	if { [ -n "$find_user" ] && ! is_own_name "$find_user"; } ||
		{ [ -n "$keyring_user" ] && [ -n "$user" ] && [ "$(lower "$keyring_user")" != "$(lower "$user")" ]; }; then
		real_keyring "$@"
		return
	fi
	[ "$keyring_mode" != creds ] || printf '%s\n' "$user"
	printf '%s\n' "$token"
}

# real_keyring ARGUMENT...: the next keyring on the PATH that is not this program, if there is one.
real_keyring() {
	real_self=$(readlink -f "$0")
	real_path=$PATH:
	while [ -n "$real_path" ]; do
		real_file=${real_path%%:*}/keyring
		real_path=${real_path#*:}
		if [ -x "$real_file" ] && [ "$(readlink -f "$real_file")" != "$real_self" ]; then
			exec "$real_file" "$@"
		fi
	done
	[ "${1-}" = get ] || complain "keyring: only the package registry's passwords are known here; install keyring for others."
	return 1
}

# json_text TEXT: as a JSON string. Tokens and user names have no character that needs more.
json_text() {
	printf '"%s"' "$(printf '%s' "$1" | sed 's/["\\]/\\&/g')"
}

# docker, podman, helm, oras, skopeo (docker-credential-NAME): messages for the user go to standard output, too.
answer_docker() {
	case ${1-} in
	get)
		read_input
		if ! find_instance "$input" no-scheme; then
			printf 'credentials not found in native keychain\n'
			return 1
		fi
		if ! get_token "$margin"; then
			printf 'package registry: %s\n' "$problem"
			return 1
		fi
		printf '{"ServerURL":%s,"Username":%s,"Secret":"%s"}\n' "$(json_text "$input")" "$(json_text "${user:-token}")" "$token"
		;;
	list)
		docker_comma=''
		printf '{'
		for docker_file in "$base"/instances/*; do
			load_instance "${docker_file##*/}" || continue
			read_token || continue
			printf '%s%s:%s' "$docker_comma" "$(json_text "$registry_url")" "$(json_text "${user:-token}")"
			docker_comma=,
		done
		printf '}\n'
		;;
	store)
		cat >/dev/null
		printf 'this workspace signs in by itself; there is no need to log in\n'
		return 1
		;;
	erase) cat >/dev/null ;;
	*)
		printf 'unknown action %s\n' "${1-}"
		return 1
		;;
	esac
}

# git and git-lfs (credential.helper): only "get" has an answer.
answer_git() {
	[ "${1-}" = get ] || return 0
	git_protocol='' git_host='' git_path='' git_user='' git_keys='' git_end=''
	read_input
	while IFS= read -r git_line; do
		# Whatever follows an empty line is not git's.
		case $git_end$git_line in
		'') git_end=yes ;;
		yes*) return 0 ;;
		esac
		git_key=${git_line%%=*}
		case $git_line in
		protocol=*) git_protocol=${git_line#*=} ;;
		host=*) git_host=${git_line#*=} ;;
		path=*) git_path=/${git_line#*=} ;;
		username=*) git_user=${git_line#*=} ;;
		# It has all of them in it, in one more spelling.
		url=*) return 0 ;;
		'' | ?*=*) continue ;;
		*) return 0 ;;
		esac
		# Who knows which of two counts?
		case " $git_keys " in
		*" $git_key "*) return 0 ;;
		esac
		git_keys="$git_keys $git_key"
	done <<-END
		$input
	END
	find_instance "$git_protocol://$git_host$git_path" || return 0
	or_explain || return 0
	[ -z "$git_user" ] || [ -z "$user" ] || [ "$(lower "$git_user")" = "$(lower "$user")" ] || return 0
	printf 'username=%s\npassword=%s\n' "${user:-token}" "$token"
	[ -z "$expires" ] || printf 'password_expiry_utc=%s\n' "$expires"
}

# front NAME ARGUMENT...: answers under a front name. Fails with 2 when no instance has it.
front() {
	front_name=$1
	shift
	for front_file in "$base"/instances/*; do
		load_instance "${front_file##*/}" || continue
		front_protocol=$(printf '%s' "$fronts" | while read -r front_its_name front_its_protocol; do
			[ "$front_its_name" != "$front_name" ] || printf '%s' "$front_its_protocol"
		done)
		if [ -n "$front_protocol" ]; then
			"answer_$front_protocol" "$@"
			return
		fi
	done
	complain "package registry: $front_name is no name that this workspace knows; start it again."
	return 2
}

# fetch INSTANCE SECONDS: for the start and refresh scripts, which read the token's file afterwards. The reason comes on standard output.
fetch() {
	load_instance "$1" || return 1
	get_token "$2" && return 0
	fetch_status=$?
	printf '%s\n' "$problem"
	return "$fetch_status"
}
