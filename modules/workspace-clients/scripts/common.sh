# shellcheck shell=sh
# Messages, results and the places of this module. The settings (registry_url, npm_registry, ...) are assigned above
# this text when the module renders it.
# shellcheck disable=SC2034,SC2154

set -u
umask 077
# Character ranges and sorting must not depend on the user's language.
LC_ALL=C
export LC_ALL

base=${HOME-}/.coder-modules/registry-identity/workspace-clients
secrets=$base/secrets
instance_secrets=$secrets/$instance
bundle=$base/ca-bundle.pem
status_file=$base/$instance.status
lock=$base/lock
# Seconds before its end from which a refresh asks for the next token, and between the start's tries.
renew_before=600
load_pause=3

newline='
'
# What happened, one line per package manager, shown and stored at the end.
results=
failed=
attention=
credentials=none

say() {
	printf '%s\n' "$*"
}

complain() {
	printf '%s\n' "$*" >&2
}

# result WHAT STATE TEXT: states are ok, note (works, but read this), none (no credentials), failed.
result() {
	results="$results$1 $2: $3$newline"
	if [ "$2" = failed ]; then
		failed=yes
	fi
}

# Environment variables beat configuration files in every client, so one of them can undo all our work.
# overruled EXPECTED NAME...: prints the names that are set to something else.
overruled() {
	overruled_expected=$1
	shift
	overruled_names=
	for overruled_name in "$@"; do
		eval "overruled_value=\${$overruled_name-}"
		# shellcheck disable=SC2154 # assigned by eval
		if [ -n "$overruled_value" ] && [ "$overruled_value" != "$overruled_expected" ]; then
			overruled_names="$overruled_names $overruled_name"
		fi
	done
	printf '%s' "$overruled_names"
}

# finish WHAT TOOL TEXT NAMES: the usual end of a package manager's set-up.
finish() {
	if [ -n "$4" ]; then
		result "$1" note "$3, but the environment sets$4, which wins; remove it from the template or the image"
	elif command -v "$2" >/dev/null 2>&1; then
		result "$1" "$credentials" "$3"
	else
		result "$1" "$credentials" "$3 ($2 is not installed here; it finds this once it is)"
	fi
}

# not_ours WHAT FILE HINT: a file that is not ours stays as it is.
not_ours() {
	result "$1" note "skipped: $2 is not this module's, and nothing can be added to it from outside; $3"
}

# companion WHAT TOOL TEXT NAMES: finish, for a client that was not asked for by name. Where it is not installed it is not
# worth a line.
companion() {
	if command -v "$2" >/dev/null 2>&1; then
		finish "$@"
	fi
}

# xml_text TEXT: as the content of an element.
xml_text() {
	printf '%s' "$1" | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'
}

# url_with_user URL: the URL with the user's name in it, percent-encoded. With a second argument, the token, too: for files of
# the secrets folder only.
url_with_user() {
	if [ -z "$user" ]; then
		printf '%s' "$1"
	else
		printf '%s://%s%s@%s' "${1%%://*}" "$(percent_encoded "$user")" "${2:+:$(percent_encoded "$2")}" "${1#*://}"
	fi
}

# The folder that everything depends on. Messages name the cause, since an unwritable home is the image's fault.
check_home() {
	case ${HOME-} in
	/*) ;;
	'')
		complain "HOME is not set, so there is no place for the package managers' configuration. Set HOME in the image or the container's environment."
		return 1
		;;
	*)
		complain "HOME ($HOME) is not an absolute path. Set HOME to the user's home folder in the image or the container's environment."
		return 1
		;;
	esac
	case $HOME in
	*[\'\"\\\;\#\$\`%:,]* | *"$newline"*)
		complain "HOME ($HOME) contains a character that configuration files of package managers cannot carry (one of ' \" \\ ; # \$ \` % : , or a line break)."
		return 1
		;;
	esac
	if ! mkdir -p "$base" 2>/dev/null || ! [ -w "$base" ]; then
		complain "Cannot write to $base as user $(id -u)."
		complain "$(ls -ld "$HOME" 2>&1)"
		complain "The home folder must belong to the workspace user: give it to them in the image, so that a new volume inherits it (chown), and repair an existing volume once."
		return 1
	fi
}
