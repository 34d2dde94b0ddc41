# shellcheck shell=sh
# User names in addresses: the scripts write them, and the credential program compares them.

# percent_encoded TEXT: for the user name in a URL. Names have printable ASCII characters only.
percent_encoded() {
	encoded_rest=$1
	while [ -n "$encoded_rest" ]; do
		encoded_tail=${encoded_rest#?}
		encoded_char=${encoded_rest%"$encoded_tail"}
		encoded_rest=$encoded_tail
		case $encoded_char in
		[A-Za-z0-9._~-]) printf '%s' "$encoded_char" ;;
		*) printf '%%%02X' "'$encoded_char" ;;
		esac
	done
}
