# shellcheck shell=sh
# pip. With a token from the environment its settings are environment variables (main.tf), because pip would not read the user's
# own pip.conf any more if PIP_CONFIG_FILE named ours, and because a section that a file has already cannot be added to
# it; credentials come from netrc (credentials.sh), which every version reads. With a token from Coder pip asks the credential
# program as its keyring. It does so for an address with a user name only, and who the user is shows at run time: so the
# address is in a file, in that one of pip's two places for the user's own where there is none.
# shellcheck disable=SC2154

pip_new_file=${XDG_CONFIG_HOME:-${HOME-}/.config}/pip/pip.conf
pip_old_file=${HOME-}/.pip/pip.conf

pip_lines() {
	printf '%s\n[global]\nindex-url = %s\nkeyring-provider = subprocess\n' "$block_begin" "$(url_with_user "$pypi_index")"
	pip_label='extra-index-url ='
	for pip_url in $pypi_extra; do
		printf '%s %s\n' "$pip_label" "$(url_with_user "$pip_url")"
		pip_label='   '
	done
	if [ "$ca_count" -gt 0 ]; then
		printf 'cert = %s\n' "$bundle"
	fi
	case $registry_url in
	http://*) printf 'trusted-host = %s\n' "$registry_host" ;;
	esac
	printf '%s\n' "$block_end"
}

configure_pypi() {
	if [ "$token_source" = external-auth ]; then
		configure_pip_file
		return
	fi
	remove_pip_files
	pip_names=$(overruled "$secrets/netrc" NETRC)
	if [ "${PIP_INDEX_URL-}" != "$pypi_index" ]; then
		pip_names="$pip_names PIP_INDEX_URL"
	fi
	pip_names=$pip_names$(overruled "$pypi_extra" PIP_EXTRA_INDEX_URL)$(overruled '' PIP_NO_INDEX)
	if [ "$ca_count" -gt 0 ]; then
		pip_names=$pip_names$(overruled "$bundle" PIP_CERT)
	fi
	finish pypi pip "$pypi_index by PIP_INDEX_URL" "$pip_names"
}

configure_pip_file() {
	for pip_file in "$pip_new_file" "$pip_old_file"; do
		if ours_alone "$pip_file"; then
			break
		fi
		pip_file=''
	done
	if [ -z "$pip_file" ]; then
		result pypi failed "both $pip_new_file and $pip_old_file exist and are not ours; move the contents of one into the other"
		return 1
	fi
	if ! pip_lines | write_file "$pip_file"; then
		result pypi failed "$pip_file could not be written: look at its owner and mode"
		return 1
	fi
	if [ "$pip_file" = "$pip_old_file" ]; then
		if grep -Eq '^[[:space:]]*(extra-)?index-url[[:space:]]*[=:]' "$pip_new_file"; then
			result pypi note "the address is in $pip_old_file, but $pip_new_file sets index-url or extra-index-url, which wins; remove it there"
			return 0
		fi
	else
		remove_own_file "$pip_old_file"
	fi
	if off_path keyring; then
		result pypi note "$pypi_index in $pip_file, but pip will not find the keyring command of $base/bin; put that folder on the PATH"
		return 0
	fi
	finish pypi pip "$pypi_index in $pip_file, password by keyring" "$(overruled '' PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_NO_INDEX PIP_CONFIG_FILE)$(overruled subprocess PIP_KEYRING_PROVIDER)"
}

remove_pip_files() {
	remove_own_file "$pip_new_file"
	remove_own_file "$pip_old_file"
}

remove_pypi() {
	remove_pip_files
}
