# shellcheck shell=sh
# pip: a configuration file of our own, which PIP_CONFIG_FILE names. pip reads it after the user's files, so theirs stay
# in force for everything else and are never touched. Credentials come from netrc (credentials.sh).
# shellcheck disable=SC2154

pip_file=$base/pip.conf
pip_mark="# package registry $instance: written at every start of the workspace"

pip_lines() {
	printf '%s\n[global]\nindex-url = %s\n' "$pip_mark" "$pypi_index"
	if [ -n "$pypi_extra" ]; then
		printf 'extra-index-url =\n'
		while read -r pip_url; do
			printf '    %s\n' "$pip_url"
		done <<-END
			$pypi_extra
		END
	fi
	if [ -n "$pypi_trusted" ]; then
		printf 'trusted-host = %s\n' "$pypi_trusted"
	fi
	if [ "$ca_count" -gt 0 ]; then
		printf 'cert = %s\n' "$bundle"
	fi
}

pip_is_ours() {
	read -r pip_first 2>/dev/null <"$pip_file" && [ "$pip_first" = "$pip_mark" ]
}

configure_pypi() {
	if [ -e "$pip_file" ] && ! pip_is_ours; then
		pip_first=${pip_first#"# package registry "}
		result pypi failed "the module instance \"${pip_first%%:*}\" already sets pip's index, and there is only one; list the repositories in one instance"
		return 1
	fi
	if ! pip_lines | write_file "$pip_file"; then
		result pypi failed "$pip_file could not be written"
		return 1
	fi
	pip_names=$(overruled '' PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_NO_INDEX)$(overruled "$pip_file" PIP_CONFIG_FILE)$(overruled "$secrets/netrc" NETRC)
	if [ "$ca_count" -gt 0 ]; then
		pip_names=$pip_names$(overruled "$bundle" PIP_CERT)
	fi
	finish pypi pip "$pypi_index in $pip_file" "$pip_names"
}

remove_pypi() {
	if pip_is_ours; then
		remove_file "$pip_file"
	fi
}
