# shellcheck shell=sh
# Maven: settings.xml with one mirror for everything, so that nothing comes from Maven Central unseen. It holds the token, since
# Maven asks no program, and so is a link into the secrets folder, renewed by every refresh.
# shellcheck disable=SC2154

maven_file=${HOME-}/.m2/settings.xml

maven_lines() {
	cat <<-END
		<?xml version="1.0" encoding="UTF-8"?>
		<!-- $block_begin -->
		<settings xmlns="http://maven.apache.org/SETTINGS/1.0.0">
	END
	if [ -n "$token" ]; then
		printf '  <servers>\n    <server>\n      <id>%s</id>\n      <username>%s</username>\n      <password>%s</password>\n    </server>\n  </servers>\n' \
			"$instance" "$(xml_text "$user")" "$(xml_text "$token")"
	fi
	printf '  <mirrors>\n    <mirror>\n      <id>%s</id>\n      <mirrorOf>%s</mirrorOf>\n      <url>%s</url>\n    </mirror>\n  </mirrors>\n</settings>\n' \
		"$instance" "$maven_mirror_of" "$(xml_text "$maven_urls")"
}

configure_maven() {
	if ! maven_lines | own_secret "$maven_file" settings.xml; then
		not_ours maven "$maven_file" "move it away, or add a mirror of $maven_urls to it"
		return 0
	fi
	maven_text="$maven_urls in $maven_file"
	if [ "$ca_count" -gt 0 ]; then
		maven_text="$maven_text; Java trusts the registry's authority only if the image has it in its key store (keytool)"
	fi
	finish maven mvn "$maven_text" ''
}

remove_maven() {
	remove_secret "$maven_file" settings.xml
}
