# shellcheck shell=sh
# conda and mamba: a file of our own in the folder of which they read every file, so that the user's .condarc stays in force.
# "defaults" is the registry, and a channel without an address is looked for there, too: nothing comes from elsewhere unseen.
# With a token from the environment the credentials are in netrc; one from Coder is in the channels' addresses, since netrc would
# keep pip from asking the credential program, and the file is a link into the secrets folder.
# shellcheck disable=SC2154

conda_file=${HOME-}/.conda/condarc.d/registry-$instance.yml

conda_lines() {
	conda_token=''
	if [ "$token_source" = external-auth ]; then
		conda_token=$token
	fi
	printf '%s\nchannel_alias: %s\nchannel_priority: strict\n' "$block_begin" "$(conda_address "$conda_alias")"
	for conda_key in channels default_channels; do
		printf '%s:\n' "$conda_key"
		for conda_url in $conda_urls; do
			printf '  - %s\n' "$(conda_address "$conda_url")"
		done
	done
	if [ "$ca_count" -gt 0 ]; then
		printf 'ssl_verify: %s\n' "$bundle"
	fi
	printf '%s\n' "$block_end"
}

conda_address() {
	if [ -n "$conda_token" ]; then
		url_with_user "$1" "$conda_token"
	else
		printf '%s' "$1"
	fi
}

configure_conda() {
	if ! conda_lines | own_secret "$conda_file" condarc.yml; then
		not_ours conda "$conda_file" "move it away"
		return 0
	fi
	conda_names=''
	if [ "$ca_count" -gt 0 ]; then
		conda_names=$(overruled "$bundle" CONDA_SSL_VERIFY)
	fi
	finish conda conda "$conda_urls in $conda_file" "$(overruled '' CONDA_CHANNELS)$conda_names"
}

remove_conda() {
	remove_secret "$conda_file" condarc.yml
}
