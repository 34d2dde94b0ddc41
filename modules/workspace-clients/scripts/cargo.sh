# shellcheck shell=sh
# cargo: its registries by environment (package_managers.tf), which works beside any file, and by config.toml, which alone can
# have the first of them stand in for crates.io. The token comes from the credential program (cargo 1.74 and later).
# shellcheck disable=SC2154

cargo_file=${CARGO_HOME:-${HOME-}/.cargo}/config.toml

cargo_lines() {
	# shellcheck disable=SC2086 # a word per name
	set -- $cargo_names
	cargo_first=$1
	for cargo_url in $cargo_urls; do
		printf '[registries.%s]\nindex = "sparse+%s"\ncredential-provider = ["cargo:token-from-stdout", "%s"]\n' \
			"$1" "$cargo_url" "$base/bin/$instance-cargo"
		shift
	done
	printf '[registry]\ndefault = "%s"\n' "$cargo_first"
	if [ -z "$cargo_crates_io" ]; then
		printf '[source.crates-io]\nreplace-with = "%s"\n' "$cargo_first"
	fi
	if [ "$ca_count" -gt 0 ]; then
		printf '[http]\ncainfo = "%s"\n' "$bundle"
	fi
}

configure_cargo() {
	cargo_home=${cargo_file%/*}
	cargo_names_set=''
	for cargo_name in $cargo_names; do
		cargo_names_set="$cargo_names_set ${cargo_names_set:+and }$cargo_name"
	done
	if [ -e "$cargo_home/config" ]; then
		cargo_other=$cargo_home/config
	elif cargo_lines | own_file "$cargo_file"; then
		finish cargo cargo "registries$cargo_names_set in $cargo_file" "$(overruled "${cargo_names%% *}" CARGO_REGISTRY_DEFAULT)"
		return
	else
		cargo_other=$cargo_file
	fi
	if [ -n "$cargo_crates_io" ]; then
		finish cargo cargo "registries$cargo_names_set by environment, beside your $cargo_other" "$(overruled "${cargo_names%% *}" CARGO_REGISTRY_DEFAULT)"
	else
		result cargo note "registries$cargo_names_set by environment, but $cargo_other is yours, so cargo still has crates.io beside them; to have ${cargo_names%% *} stand in for it, add replace-with = \"${cargo_names%% *}\" to [source.crates-io] there"
	fi
}

remove_cargo() {
	remove_own_file "$cargo_file"
}
