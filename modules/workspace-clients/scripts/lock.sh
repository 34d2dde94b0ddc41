# shellcheck shell=sh
# One run at a time: the start and the refresh script, and those of other instances, share files.
# The credential program has locks of its own, one per instance.
# shellcheck disable=SC2154

# A process id alone proves nothing after a restart: the home folder outlives the container and the numbers come again.
# start_time PID: when it was started, or nothing where the system does not tell.
start_time() {
	stat_line=
	if [ -r "/proc/$1/stat" ]; then
		read -r stat_line <"/proc/$1/stat" || stat_line=
	fi
	# The command name in the second field may hold spaces; the start time is the twentieth field after it.
	# shellcheck disable=SC2086 # split into fields on purpose
	set -- ${stat_line##*)}
	if [ $# -ge 20 ]; then
		shift 19
		printf '%s' "$1"
	fi
}

# This process, also in the names of its temporary files.
process="$$ $(start_time "$$")"

# holder_alive HOLDER: HOLDER is "PID START_TIME" as written by take_lock.
holder_alive() {
	kill -0 "${1%% *}" 2>/dev/null && [ "$(start_time "${1%% *}")" = "${1#* }" ]
}

# take_lock SECONDS: waits that long at most.
take_lock() {
	lock_left=$(($1 * 10)) lock_bare=0
	while ! mkdir "$lock" 2>/dev/null; do
		lock_holder=$(cat "$lock/holder" 2>/dev/null)
		# The holder is written right after the folder is made; one that stays without it was killed in between.
		if [ -n "$lock_holder" ]; then
			lock_bare=0
		else
			lock_bare=$((lock_bare + 1))
		fi
		if [ "$lock_bare" -gt 30 ] || { [ -n "$lock_holder" ] && ! holder_alive "$lock_holder"; }; then
			# Of several waiting runs only one can rename it.
			mv "$lock" "$lock.stale.$$" 2>/dev/null && rm -rf "$lock.stale.$$" && continue
		fi
		if [ "$lock_left" -le 0 ] && [ "$lock_bare" = 0 ]; then
			return 1
		fi
		if sleep 0.1 2>/dev/null; then
			lock_left=$((lock_left - 1))
		else
			sleep 1
			lock_left=$((lock_left - 10)) lock_bare=$((lock_bare + 10))
		fi
	done
	own_lock
}

own_lock() {
	printf '%s\n' "$process" >"$lock/holder"
	trap drop_lock EXIT
	trap 'exit 130' HUP INT TERM
}

# seize_lock: from a run that goes on all the same, which writes nothing from then on.
seize_lock() {
	rm -rf "$lock"
	mkdir "$lock" 2>/dev/null
	own_lock
}

has_lock() {
	lock_holder=''
	IFS= read -r lock_holder <"$lock/holder" && [ "$lock_holder" = "$process" ]
} 2>/dev/null

drop_lock() {
	! has_lock || rm -rf "$lock"
}

release_lock() {
	drop_lock
	trap - EXIT HUP INT TERM
}
