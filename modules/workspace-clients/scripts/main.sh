# shellcheck shell=sh
# Start: everything anew. Refresh (cron): repair what has changed and look at the token's end. Stop: leave nothing behind.
# shellcheck disable=SC2154

# set_up NAME WANTED: configures a package manager, or removes what an earlier start had configured.
set_up() {
	if [ -n "$2" ]; then
		"configure_$1"
	elif ! "remove_$1"; then
		result "$1" failed "the configuration of an earlier start could not be removed"
	fi
}

set_up_all() {
	sweep_base
	if ! wipe_secrets || ! install_program || ! configure_certificates; then
		complain "Cannot prepare $base."
		failed=yes
		return
	fi
	load_credentials || failed=yes
	for ecosystem in $ecosystems; do
		eval "set_up_urls=\$${ecosystem}_urls"
		set_up "$ecosystem" "$set_up_urls"
	done
	if ! write_netrc; then
		result netrc failed "$secrets/netrc could not be written"
	fi
	check_expiry
	printf '%s' "$results" | write_file "$status_file" || failed=yes
}

# The refresh stays silent while all is well, or the log would fill up.
report() {
	if [ "$mode" = refresh ] && [ -z "$attention$failed" ] && ! [ -e "$lock/changed" ]; then
		return
	fi
	say "Package managers for $registry_url:"
	printf '%s' "$results" | while IFS= read -r report_line; do
		say "  $report_line"
	done
	if [ "$credentials" = none ]; then
		say "There are no credentials for $registry_url in this workspace, so private packages are out of reach."
		say "$account_help"
	fi
	if [ -n "$failed" ]; then
		complain "Something could not be set up; the lines above say what to do."
	fi
}

remove_all() {
	sweep_base
	stop_secrets || failed=yes
	for ecosystem in $ecosystems; do
		"remove_$ecosystem"
	done
	remove_program
	drop_instances
	remove_certificates_from 1
	write_bundle
	rm -rf "$base/$instance.fetching"
	remove_file "$status_file"
	# What is left belongs to other instances.
	compose_netrc
	release_lock
	rmdir "$base/bin" "$base/instances" "$base/ca" "$secrets" "$base" "${base%/*}" "${base%/*/*}" 2>/dev/null
	[ -z "$failed" ]
}

main() {
	# A printf that is a program would show the token in its arguments.
	if [ "$(command -v printf)" != printf ]; then
		complain "This image's /bin/sh has no printf of its own. Use dash, busybox or bash."
		exit 1
	fi
	check_home || exit 1
	if [ "$mode" = stop ]; then
		if ! take_lock 5; then
			complain "another run holds the lock; removing everything all the same"
			seize_lock
		fi
		remove_all
		exit
	fi
	if [ "$mode" = refresh ]; then
		# Somebody is at it right now, and another refresh comes.
		take_lock 0 || exit 0
	elif ! take_lock 60; then
		complain "Another run of this script has held $lock for a minute. If none is running, remove that folder."
		exit 1
	fi
	set_up_all
	report
	if [ -n "$failed" ]; then
		exit 1
	fi
}

main
