# shellcheck shell=sh
# Whose the secrets folder is. There is one record for all of it, since what an instance is called is the template's to change;
# it is written before any secret is, and without it everything there is taken for somebody else's.
# shellcheck disable=SC2034,SC2154

# What the agent says about this workspace. Older agents do not name the owner, and a process that the agent did not start has
# none of it.
owner_name=${CODER_WORKSPACE_OWNER_NAME-}
workspace_name=${CODER_WORKSPACE_ID:-${CODER_WORKSPACE_NAME-}}
owner_line=$owner_name/$workspace_name

# read_owner: sets recorded. Only a file of our own counts, and a whole line.
read_owner() {
	recorded=''
	is_plain "$secrets/.owner" && ! [ -L "$secrets" ] && IFS= read -r recorded <"$secrets/.owner"
} 2>/dev/null

# is_plain FILE: a file that we have written; we make no links there.
is_plain() {
	[ -f "$1" ] && ! [ -L "$1" ]
}

# folder_fits: whether what is in the folder may be handed out here. The home may have changed hands, and its new owner's start
# script has not run yet. What is known about this process has to be what is recorded.
folder_fits() {
	read_owner || return 1
	[ -z "$owner_name" ] || [ "${recorded%/*}" = "$owner_name" ] || return 1
	[ -z "$workspace_name" ] || [ "${recorded##*/}" = "$workspace_name" ]
}
