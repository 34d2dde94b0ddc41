# shellcheck shell=sh
# Writing files: in one step, only when something changes, and never more of a user's file than our own block.
# shellcheck disable=SC2034,SC2154

# Most writers are at the end of a pipe and so in a shell of their own: a variable would not come back from there.
note_change() {
	: >"$lock/changed"
} 2>/dev/null

# sweep_beside FILE: our own temporary files beside it, with a copy of what is in it, which a killed run has left. Whoever has the
# lock is alone, so they are nobody's.
sweep_beside() {
	beside_file=$1
	if [ -L "$1" ]; then
		beside_file=$(readlink -f "$1") || beside_file=$1
	fi
	for beside_new in "$beside_file".new.*; do
		case ${beside_new#"$beside_file".new.} in
		*[!0-9.]*) ;;
		*) rm -f "$beside_new" ;;
		esac
	done
} 2>/dev/null

# write_file FILE [MODE]: standard input becomes FILE. An existing file keeps its owner, and its mode when none is given.
write_file() {
	write_target=$1
	if ! has_lock; then
		complain "$1 was not written, since another run has taken over."
		cat >/dev/null
		return 1
	fi
	sweep_beside "$1"
	if [ -L "$write_target" ]; then
		case $write_target in
		"$secrets"/*) rm -f "$write_target" ;;
		# A dotfile is often a link into a repository; the link has to survive.
		*) write_target=$(readlink -f "$write_target") || write_target=$1 ;;
		esac
	fi
	if [ -d "$write_target" ]; then
		complain "$write_target is a folder, so nothing was written there."
		return 1
	fi
	[ -d "${write_target%/*}" ] || mkdir -p "${write_target%/*}" 2>/dev/null
	write_new=$write_target.new.${process% *}.${process#* }
	if [ -f "$write_target" ]; then
		cp -p "$write_target" "$write_new" 2>/dev/null
	fi
	if ! { cat >"$write_new" && { [ -z "${2-}" ] || chmod "$2" "$write_new"; }; } 2>/dev/null; then
		complain "$write_target could not be written."
		rm -f "$write_new"
		return 1
	fi
	if [ -e "$write_target" ] && cmp -s "$write_new" "$write_target"; then
		rm -f "$write_new"
		[ -z "${2-}" ] || chmod "$2" "$write_target"
		return
	fi
	note_change
	mv -f "$write_new" "$write_target"
}

remove_file() {
	if [ -e "$1" ] || [ -L "$1" ]; then
		rm -f "$1" && note_change
	fi
}

block_begin="# >>> package registry $instance >>> (written at every start of the workspace; changes in here are lost)"
block_end="# <<< package registry $instance <<<"

# without_block FILE: the file as its owner wrote it. A begin without an end is not a block: somebody has cut into it,
# and what follows may be theirs.
without_block() {
	[ -f "$1" ] || return 0
	awk -v begin="$block_begin" -v end="$block_end" '
		$0 == begin { for (i = 0; i < held; i++) print lines[i]; held = 0; inside = 1; next }
		inside && $0 == end { held = 0; inside = 0; next }
		inside { lines[held++] = $0; next }
		{ print }
		END { for (i = 0; i < held; i++) print lines[i] }
	' "$1"
}

# replace_block FILE TEXT: puts our block at the end, where the last line wins in every format we use it for.
# Without TEXT the block goes, and with it a file that holds nothing else.
replace_block() {
	sweep_beside "$1"
	if [ -e "$1" ] && ! [ -r "$1" ]; then
		complain "$1 cannot be read."
		return 1
	fi
	if [ -z "$2" ] && ! grep -qxF "$block_begin" "$1" 2>/dev/null; then
		return 0
	fi
	# The x keeps line breaks at the end, and without it the user's lines are not complete: then leave the file alone.
	block_rest=$(without_block "$1" && printf x) || return 1
	block_rest=${block_rest%x}
	if [ -n "$2" ]; then
		printf '%s%s\n%s%s\n' "$block_rest" "$block_begin" "$2" "$block_end" | write_file "$1"
	elif [ -z "$block_rest" ] && ! [ -L "$1" ]; then
		remove_file "$1"
	else
		printf '%s' "$block_rest" | write_file "$1"
	fi
}

# other_instance FILE TEXT: the name of another instance of this module whose block in FILE has a line starting with TEXT.
other_instance() {
	[ -f "$1" ] || return 0
	awk -v text="$2" -v self="$instance" '
		/^# >>> package registry / { name = $5; next }
		/^# <<< package registry / { name = ""; next }
		name != "" && name != self && index($0, text) == 1 { print name; exit }
	' "$1"
}

# ours_alone FILE: whether there is no such file, or this instance wrote all of it.
ours_alone() {
	if ! [ -e "$1" ]; then
		return 0
	fi
	ours_first='' ours_last=$(tail -n 1 "$1" 2>/dev/null)
	read -r ours_first <"$1" 2>/dev/null
	[ "$ours_first" = "$block_begin" ] && [ "$ours_last" = "$block_end" ]
}

# own_file FILE: standard input becomes FILE, as one block, for formats in which a section cannot be added to what somebody
# else wrote. Fails when FILE is not ours.
own_file() {
	if ! ours_alone "$1"; then
		cat >/dev/null
		return 1
	fi
	{
		printf '%s\n' "$block_begin"
		cat
		printf '%s\n' "$block_end"
	} | write_file "$1"
}

# remove_empty_folders FILE: those above it that have nothing in them any more.
remove_empty_folders() {
	empty_folder=${1%/*}
	while [ "$empty_folder" != "$HOME" ] && rmdir "$empty_folder" 2>/dev/null; do
		empty_folder=${empty_folder%/*}
	done
}

# remove_own_file FILE: unless somebody else wrote in it.
remove_own_file() {
	sweep_beside "$1"
	if [ -e "$1" ] && ours_alone "$1"; then
		remove_file "$1"
		remove_empty_folders "$1"
	fi
}

# own_secret FILE NAME: standard input becomes NAME in this instance's secrets folder, and FILE a link to it, for clients that
# have to find a token in a file. Fails when there is a FILE that is not such a link of ours.
own_secret() {
	# The template may have given this instance another name, and what the link leads to is gone.
	own_target=$(readlink "$1")
	case $own_target in
	"$secrets"/*/"$2")
		own_target=${own_target#"$secrets"/}
		! is_dropped "${own_target%%/*}" || rm -f "$1"
		;;
	esac
	if ! [ -L "$1" ] || [ "$(readlink "$1")" != "$instance_secrets/$2" ]; then
		if [ -e "$1" ] || [ -L "$1" ] || ! { [ -d "${1%/*}" ] || mkdir -p "${1%/*}"; } || ! ln -s "$instance_secrets/$2" "$1"; then
			cat >/dev/null
			return 1
		fi
		note_change
	fi 2>/dev/null
	write_file "$instance_secrets/$2" 600
}

remove_secret() {
	if [ -L "$1" ] && [ "$(readlink "$1")" = "$instance_secrets/$2" ]; then
		remove_file "$1"
		remove_empty_folders "$1"
	fi
	remove_file "$instance_secrets/$2"
}
