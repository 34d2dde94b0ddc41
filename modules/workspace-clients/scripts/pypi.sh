# shellcheck shell=sh
# pip: its settings are environment variables (main.tf), because pip would not read the user's own pip.conf any more if
# PIP_CONFIG_FILE named ours, and because a section that a file has already cannot be added to it. They hold no secret.
# Credentials come from netrc (credentials.sh). So all there is to do here is to see whether the variables have arrived.
# shellcheck disable=SC2154

configure_pypi() {
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

remove_pypi() {
	return 0
}
