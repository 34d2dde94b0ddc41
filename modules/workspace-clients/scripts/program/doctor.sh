# shellcheck shell=sh
# INSTANCE-doctor: why a package manager is refused. It asks Coder as they do, and then the registry, which needs curl. The token
# reaches curl by standard input.
# shellcheck disable=SC2154

answer_doctor() {
	doctor_bad=''
	printf 'Package registry "%s" at %s\n' "$instance" "$registry_url"
	case $registry_url in
	http://*) finding note "plain http: the token crosses the network in the clear, and go sends none at all" ;;
	esac
	doctor_token || return
	doctor_registry
	if [ -z "$doctor_bad" ]; then
		printf 'Nothing is wrong here. If a package manager is refused all the same, look for settings of the project or of the environment that overrule ours.\n'
	fi
	[ -z "$doctor_bad" ]
}

# finding STATE TEXT: states are ok, note and bad.
finding() {
	[ "$1" != bad ] || doctor_bad=yes
	printf '  %s: %s\n' "$1" "$2"
}

# utc SECONDS: a time for people; not every date can do that.
utc() {
	date -u -d "@$1" '+%Y-%m-%dT%H:%M:%SZ' 2>/dev/null || printf '%s seconds after 1970' "$1"
}

doctor_token() {
	if ! get_token "$margin"; then
		finding bad "$problem"
		return 1
	fi
	doctor_text="the token is ${user:-somebody}'s"
	[ "$source" = external-auth ] && doctor_text="$doctor_text and comes from Coder"
	if [ -z "$expires" ]; then
		finding ok "$doctor_text; its end is not known"
	elif [ "$expires" -le "$(date +%s)" ]; then
		finding bad "$doctor_text; it expired at $(utc "$expires"), or the clock of this workspace is wrong"
	else
		finding ok "$doctor_text; it ends at $(utc "$expires")"
	fi
	[ -z "$warning" ] || finding bad "$warning"
	return 0
}

# ask_registry ADDRESS: sets asked_code to curl's exit status and asked_status to the HTTP status.
ask_registry() {
	asked_status=$({
		printf 'url = "%s"\nheader = "Authorization: Bearer %s"\n' "$1" "$token"
		[ ! -r "$base/ca-bundle.pem" ] || printf 'cacert = "%s"\n' "$base/ca-bundle.pem"
	} | curl -q --silent --output /dev/null --write-out '%{http_code}' --max-time 15 --config -)
	asked_code=$?
}

doctor_registry() {
	if ! command -v curl >/dev/null 2>&1; then
		finding note "the registry was not asked, since this image has no curl"
		return
	fi
	case $registry_type in
	artifact_keeper) ask_registry "$registry_url/api/v1/auth/me" ;;
	*) ask_registry "$registry_url/access/api/v1/system/ping" ;;
	esac
	case $asked_code in
	0) ;;
	6) finding bad "the name of the registry cannot be resolved" && return ;;
	7 | 28) finding bad "the registry cannot be reached: nobody answers" && return ;;
	35 | 51 | 58 | 60 | 66 | 77 | 83) finding bad "the registry's certificate is not trusted here: give the module its authority (ca_certificate)" && return ;;
	*) finding bad "curl could not ask the registry (exit status $asked_code)" && return ;;
	esac
	case $asked_status in
	2??) finding ok "the registry accepts the token" ;;
	401)
		if [ -n "$expires" ] && [ "$expires" -gt "$(date +%s)" ]; then
			finding bad "the registry turns the token down although it has not expired: it was revoked, its account is disabled or gone, or the clocks differ"
		else
			finding bad "the registry turns the token down: it has expired, or it was revoked"
		fi
		return
		;;
	*) finding note "the registry answers $asked_status when asked about the token" ;;
	esac
	while read -r doctor_ecosystem doctor_url; do
		case $doctor_ecosystem in
		'' | -) ;;
		*) doctor_repository ;;
		esac
	done <<-END
		$urls
	END
}

doctor_repository() {
	case $doctor_ecosystem in
	npm) ask_registry "${doctor_url}-/ping" ;;
	cargo) ask_registry "${doctor_url}config.json" ;;
	conda) ask_registry "$doctor_url/noarch/repodata.json" ;;
	# It has a token service of its own in front, and its own words when that refuses.
	docker) return ;;
	*) ask_registry "$doctor_url" ;;
	esac
	case $asked_status in
	401 | 403) finding bad "$doctor_ecosystem: ${user:-the account} may not read $doctor_url: ask for permission" ;;
	5??) finding note "$doctor_ecosystem: $doctor_url answers $asked_status; the registry has trouble of its own" ;;
	404)
		case $doctor_ecosystem in
		# The top of these has no page.
		go | maven) ;;
		*) finding note "$doctor_ecosystem: $doctor_url is not found: the key is wrong, or the account may see nothing in it" ;;
		esac
		;;
	*) finding ok "$doctor_ecosystem: $doctor_url answers" ;;
	esac
}
