# shellcheck shell=sh
# Installs the credential program, its front names, and what it has to know about this instance.
# shellcheck disable=SC2154

program=$base/bin/registry-credential
instance_file=$base/instances/$instance
# Where the agent lets programs be found by name, in every session; older agents have no such folder.
path_folder=${CODER_SCRIPT_BIN_DIR-}

instance_lines() {
	printf 'registry %s\ntype %s\nsource %s\nexternal_auth %s\non_mismatch %s\ntoken_user %s\ncoder %s\nurl - %s\n' \
		"$registry_url" "$registry_type" "$token_source" "$external_auth" "$on_mismatch" "$token_user" "$(coder_place)" "$registry_url"
	printf '%s' "$urls" | while read -r lines_url; do
		printf 'url %s\n' "$lines_url"
	done
	printf '%s' "$fronts" | while read -r lines_front; do
		printf 'front %s\n' "$lines_front"
	done
}

# For processes that the agent did not start, whose PATH lacks it.
coder_place() {
	command -v coder || sed -n 's/^coder //p' "$instance_file" 2>/dev/null
}

program_text() {
	printf "#!/bin/sh\n# The credential program of the package registry module, written at every start of the workspace.\nbase='%s'\n%s\n" "$base" "$credential_program"
}

# fronts_of FILE: the front names that an instance has.
fronts_of() {
	sed -n 's/^front \([^ /]*\) .*/\1/p' "$1" 2>/dev/null
}

# An instance that the template has no more: the credential program must not answer for it.
drop_instances() {
	for drop_file in "$base"/instances/*; do
		drop_name=${drop_file##*/}
		if { [ -e "$drop_file" ] || [ -L "$drop_file" ]; } && is_dropped "$drop_name"; then
			program_old=$(fronts_of "$drop_file")
			remove_tree "$drop_file" || return 1
			remove_fronts
			remove_file "$base/$drop_name.status"
			rm -rf "$base/$drop_name.fetching"
		fi
	done
}

install_program() {
	drop_instances || return 1
	program_old=$(fronts_of "$instance_file")
	program_text | write_file "$program" 700 && instance_lines | write_file "$instance_file" 600 || return 1
	remove_fronts
	for program_front in $(fronts_of "$instance_file"); do
		link_program "$base/bin/$program_front"
		case $program_front in
		# Its caller has the whole path.
		"$instance"-*) ;;
		*) link_on_path "$program_front" ;;
		esac
	done
	link_on_path "$instance-doctor"
}

# is_front NAME: whether any instance has that name.
is_front() {
	grep -q "^front $1 " "$base"/instances/* 2>/dev/null
}

link_program() {
	if [ "$(readlink "$1")" != "$program" ]; then
		ln -sf "$program" "$1" && note_change
	fi
}

link_on_path() {
	if [ -n "$path_folder" ] && [ -d "$path_folder" ] && [ -w "$path_folder" ]; then
		link_program "$path_folder/$1"
	fi
}

# remove_fronts: those in program_old that no instance has any more.
remove_fronts() {
	for program_front in $program_old; do
		is_front "$program_front" || remove_front "$program_front"
	done
}

remove_front() {
	remove_file "$base/bin/$1"
	if [ -n "$path_folder" ] && [ "$(readlink "$path_folder/$1")" = "$program" ]; then
		remove_file "$path_folder/$1"
	fi
}

# off_path NAME: whether a client that looks for NAME would not find it.
off_path() {
	off_path_file=$(command -v "$1") || return 0
	[ "$(readlink -f "$off_path_file")" != "$(readlink -f "$program")" ]
}

remove_program() {
	program_old=$(fronts_of "$instance_file")
	remove_file "$instance_file"
	remove_fronts
	set -- "$base"/instances/*
	[ -e "$1" ] || remove_file "$program"
}
