# shellcheck shell=sh
# uv. With a token from the environment it has the index by environment and reads netrc. With one from Coder it asks the
# credential program as its keyring, for an address with a user name only: so that is in a file, if there is none.
# shellcheck disable=SC2154

uv_file=${XDG_CONFIG_HOME:-${HOME-}/.config}/uv/uv.toml

uv_lines() {
	printf 'keyring-provider = "subprocess"\n'
	case $registry_url in
	http://*) printf 'allow-insecure-host = ["%s"]\n' "$registry_host" ;;
	esac
	uv_default=true
	for uv_url in $pypi_index $pypi_extra; do
		printf '[[index]]\nurl = "%s"\ndefault = %s\n' "$(url_with_user "$uv_url")" "$uv_default"
		uv_default=false
	done
}

configure_uv() {
	if [ "$token_source" = env ]; then
		remove_own_file "$uv_file"
		companion uv uv "$pypi_index by UV_DEFAULT_INDEX" "$(overruled "$pypi_index" UV_DEFAULT_INDEX)$(overruled '' UV_INDEX_URL UV_NO_INDEX)"
	elif uv_lines | own_file "$uv_file"; then
		companion uv uv "$pypi_index in $uv_file, password by keyring" "$(overruled '' UV_DEFAULT_INDEX UV_INDEX_URL UV_NO_INDEX UV_CONFIG_FILE UV_NO_CONFIG)"
	elif command -v uv >/dev/null 2>&1; then
		not_ours uv "$uv_file" "add [[index]] with url = $(url_with_user "$pypi_index") and keyring-provider = \"subprocess\" to it"
	fi
}

remove_uv() {
	remove_own_file "$uv_file"
}
