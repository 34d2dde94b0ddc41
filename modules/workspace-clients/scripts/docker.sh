# shellcheck shell=sh
# docker and those that read its file (podman, buildah, skopeo, crane): a credential helper for each host. The file is JSON,
# in which a comment has no place: it is ours when it is what we wrote. The engine's own trust in a certificate authority is a
# matter of its host.
# shellcheck disable=SC2154

docker_file=${DOCKER_CONFIG:-${HOME-}/.docker}/config.json
docker_copy=$base/$instance.docker.json

docker_lines() {
	docker_comma=''
	printf '{\n\t"credHelpers": {'
	for docker_host in $docker_hosts; do
		printf '%s\n\t\t"%s": "%s"' "$docker_comma" "$docker_host" "$instance"
		docker_comma=,
	done
	printf '\n\t}\n}\n'
}

# docker_has_all: whether the user's file names our helper for every host.
docker_has_all() {
	for docker_host in $docker_hosts; do
		grep -Eq "\"$docker_host\"[[:space:]]*:[[:space:]]*\"$instance\"" "$docker_file" 2>/dev/null || return 1
	done
}

configure_docker() {
	sweep_beside "$docker_file"
	if ! [ -e "$docker_file" ] || cmp -s "$docker_file" "$docker_copy"; then
		if ! docker_lines | write_file "$docker_copy" || ! docker_lines | write_file "$docker_file" 600; then
			result docker failed "$docker_file could not be written: look at its owner and mode"
			return 1
		fi
	elif ! docker_has_all; then
		not_ours docker "$docker_file" "add \"credHelpers\": {\"${docker_hosts%% *}\": \"$instance\"} to it"
		return 0
	fi
	if off_path "docker-credential-$instance"; then
		result docker note "$docker_hosts in $docker_file, but docker will not find docker-credential-$instance of $base/bin; put that folder on the PATH"
		return 0
	fi
	docker_text="$docker_hosts in $docker_file"
	if [ "$ca_count" -gt 0 ]; then
		docker_text="$docker_text; the engine needs the registry's authority in /etc/docker/certs.d on its own host"
	fi
	finish docker docker "$docker_text" ''
}

remove_docker() {
	sweep_beside "$docker_file"
	if [ -e "$docker_file" ] && cmp -s "$docker_file" "$docker_copy"; then
		remove_file "$docker_file"
		remove_empty_folders "$docker_file"
	fi
	remove_file "$docker_copy"
}
