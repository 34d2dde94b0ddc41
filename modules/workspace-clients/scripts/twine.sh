# shellcheck shell=sh
# twine: .pypirc, which has to hold the token, since twine asks only a keyring inside of Python: a link into the secrets folder.
# shellcheck disable=SC2154

twine_file=${HOME-}/.pypirc

twine_lines() {
	printf '%s\n[distutils]\nindex-servers = %s\n[%s]\nrepository = %s\n' "$block_begin" "$instance" "$instance" "$pypi_upload"
	if [ -n "$token" ]; then
		# A percent sign would begin an interpolation.
		printf 'username = %s\npassword = %s\n' "$user" "$token"
	fi
	printf '%s\n' "$block_end"
}

configure_twine() {
	if twine_lines | own_secret "$twine_file" pypirc; then
		companion twine twine "$pypi_upload in $twine_file" "$(overruled "$instance" TWINE_REPOSITORY)$(overruled '' TWINE_REPOSITORY_URL TWINE_USERNAME TWINE_PASSWORD)"
	elif command -v twine >/dev/null 2>&1; then
		not_ours twine "$twine_file" "add a section [$instance] with repository = $pypi_upload to it"
	fi
}

remove_twine() {
	remove_secret "$twine_file" pypirc
}
