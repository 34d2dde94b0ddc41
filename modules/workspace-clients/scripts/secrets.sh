# shellcheck shell=sh
# Removing what may not stay in the secrets folder: at start, refresh and stop, by a run that has the lock. The folder is nobody's
# but this module's, so what is not known goes, whatever its name; what a link leads to stays.
# shellcheck disable=SC2034,SC2154

agent_name=${CODER_WORKSPACE_AGENT_NAME-}

# remove_tree PATH: also a folder that its owner has closed, and one that a credential program is writing into. Of a folder that
# cannot go itself, since something is mounted there, nothing may be left in it.
remove_tree() {
	tree_tries=3
	while [ -e "$1" ] || [ -L "$1" ]; do
		if [ "$tree_tries" = 0 ]; then
			if [ -d "$1" ] && ! [ -L "$1" ] && tree_rest=$(ls -A "$1" 2>/dev/null) && [ -z "$tree_rest" ]; then
				return 0
			fi
			complain "$1 could not be removed, and there may be secrets in it: look at its owner and mode."
			return 1
		fi
		tree_tries=$((tree_tries - 1))
		rm -rf "$1" 2>/dev/null || [ -L "$1" ] || chmod -R u+rwx "$1" 2>/dev/null
	done
}

# A workspace can change hands (a claimed prebuild, a home volume that is used again), and the next owner must not find
# anything of the previous one.
wipe_secrets() {
	eval "environment_user=\${$user_variable-}"
	wipe_session=$PPID.$(start_time "$PPID")
	chmod 700 "$base" 2>/dev/null
	if ! folder_is_mine; then
		remove_tree "$secrets" && note_change || return 1
		# A credential program that waits for the last owner's token may not keep this one's waiting.
		rm -rf "$base"/*.fetching
	elif [ "$mode" = start ] || ! instance_is_mine "$instance"; then
		remove_tree "$instance_secrets" || return 1
	fi
	sweep_secrets || return 1
	recorded=$owner_line
	printf '%s\n' "$owner_line" | write_file "$secrets/.owner" 600 &&
		printf '%s\n%s\n%s\n' "$environment_user" "$agent_name" "$wipe_session" | write_file "$instance_secrets/owner" 600 &&
		chmod 700 "$secrets" "$instance_secrets"
}

# folder_is_mine: an agent that does not name the owner leaves this instance's user to tell.
folder_is_mine() {
	if [ -d "$secrets" ] && ! [ -L "$secrets" ]; then
		chmod 700 "$secrets" 2>/dev/null
	fi
	read_owner && [ "$recorded" = "$owner_line" ] && { [ -n "$owner_name" ] || instance_is_mine "$instance"; }
}

# read_instance NAME: sets instance_user, instance_agent and instance_session, as recorded when it was written.
read_instance() {
	instance_user='' instance_agent='' instance_session=''
	[ -d "$secrets/$1" ] && ! [ -L "$secrets/$1" ] && is_plain "$secrets/$1/owner" && {
		IFS= read -r instance_user
		IFS= read -r instance_agent
		IFS= read -r instance_session
	} <"$secrets/$1/owner"
} 2>/dev/null

# instance_is_mine NAME: nothing that was not there yet is anybody else's.
instance_is_mine() {
	! [ -e "$secrets/$1" ] || { read_instance "$1" && [ "$instance_user" = "$environment_user" ]; }
}

# is_dropped NAME: whether the template has no such instance any more, which cannot always be told. The agent gives its processes
# the variables of all its instances, empty ones too. Another agent may share this home, and what was written since this one
# came up is in use; a stop ends that.
is_dropped() {
	case $1 in
	"$instance") return 1 ;;
	'' | [!a-z]* | *[!a-z0-9-]*) return 0 ;;
	esac
	dropped_prefix=WORKSPACE_$(printf '%s' "$1" | tr 'a-z-' 'A-Z_')
	if eval "[ -z \"\${${user_variable}+set}\" ] || [ -n \"\${${dropped_prefix}_USER+set}\" ]"; then
		return 1
	fi
	if read_instance "$1"; then
		[ "$instance_agent" = "$agent_name" ] && { [ "$mode" = stop ] || [ "$instance_session" != "$wipe_session" ]; }
	fi
}

sweep_secrets() {
	sweep_failed=''
	for sweep_entry in "$secrets"/* "$secrets"/.[!.]* "$secrets"/..?*; do
		case ${sweep_entry##*/} in
		.owner | netrc | npmrc) is_plain "$sweep_entry" && continue ;;
		*) [ -d "$sweep_entry" ] && ! [ -L "$sweep_entry" ] && ! is_dropped "${sweep_entry##*/}" && sweep_instance "$sweep_entry" && continue ;;
		esac
		remove_tree "$sweep_entry" || sweep_failed=yes
	done
	[ -z "$sweep_failed" ]
}

# sweep_instance FOLDER: a credential program may be writing there, and nobody else.
sweep_instance() {
	chmod 700 "$1" 2>/dev/null
	for sweep_file in "$1"/* "$1"/.[!.]* "$1"/..?*; do
		case ${sweep_file##*/} in
		*.new.*)
			sweep_writer=${sweep_file##*.new.}
			is_plain "$sweep_file" && holder_alive "${sweep_writer%%.*} ${sweep_writer#*.}" && continue
			;;
		# Temporary files of earlier versions.
		*.[0-9]*) ;;
		*) is_plain "$sweep_file" && continue ;;
		esac
		remove_tree "$sweep_file" || sweep_failed=yes
	done
}

# Where nothing is secret, but a file that is half written would be taken for a whole one.
sweep_base() {
	for sweep_folder in "$base" "$base/bin" "$base/instances" "$base/ca"; do
		for sweep_entry in "$sweep_folder"/*.new.*; do
			remove_tree "$sweep_entry"
		done
	done
	for sweep_entry in "$base"/*.stale.*; do
		remove_tree "$sweep_entry"
	done
}

# stop_secrets: another instance that is still in the template has a stop script of its own.
stop_secrets() {
	eval "environment_user=\${$user_variable-}"
	if folder_is_mine && remove_tree "$instance_secrets" && sweep_secrets; then
		set -- "$secrets"/*/
		[ -d "$1" ] && return
	fi
	remove_tree "$secrets"
}
