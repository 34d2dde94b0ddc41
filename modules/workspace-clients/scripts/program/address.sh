# shellcheck shell=sh
# Which instance answers for an address. Clients differ in how they read an odd address, and a token that is given for one
# reading is sent by the other. So there is one strict grammar for all fronts: what is outside it is nobody's address.
# shellcheck disable=SC2034,SC2154

# parse_address ADDRESS: sets address_scheme (empty when there is none), address_user, address_host (in lower case), address_port
# (the scheme's own when there is none; empty without a scheme) and address_path (without a slash at the end). Fails unless all
# clients read the address alike: the list is of what is allowed, so that white space, controls, ? # \ and whatever is not ASCII
# are refused at any place.
parse_address() {
	address_scheme='' address_user='' address_port='' address_rest=$1
	case $address_rest in
	*[!A-Za-z0-9._~@!+:%/-]*) return 1 ;;
	?*://*)
		address_scheme=$(lower "${address_rest%%://*}")
		address_rest=${address_rest#*://}
		;;
	esac
	case $address_scheme in
	'') ;;
	https) address_port=443 ;;
	http) address_port=80 ;;
	*) return 1 ;;
	esac
	address_host=${address_rest%%/*}
	address_path=${address_rest#"$address_host"}
	address_path=${address_path%/}
	# An empty part, too, is read in two ways: some servers and clients drop it.
	case $address_path/ in
	*//* | */./* | */../*) return 1 ;;
	esac
	case $address_host in
	*@*)
		address_user=${address_host%%@*}
		address_host=${address_host#*@}
		case $address_user in
		'' | *[!A-Za-z0-9._~%-]* | *%[!A-Fa-f0-9]* | *%?[!A-Fa-f0-9]* | *% | *%?) return 1 ;;
		esac
		;;
	esac
	case $address_host in
	*:*)
		address_port=${address_host#*:}
		address_host=${address_host%%:*}
		case $address_port in
		'' | 0* | *[!0-9]* | ??????*) return 1 ;;
		esac
		;;
	esac
	case $address_host in
	'' | [!A-Za-z0-9]* | *[!A-Za-z0-9] | *[!A-Za-z0-9.-]* | *..*) return 1 ;;
	esac
	address_host=$(lower "$address_host")
}

# find_instance ADDRESS [ALLOWED]: loads the instance that answers for an address, the one with the longest matching URL: the same
# scheme, host and port, and that path or one below. ALLOWED is "no-scheme" for clients that know none, and "user" for those whose
# addresses have a user's name, which is then in find_user.
find_instance() {
	parse_address "$1" || return 1
	[ -n "$address_scheme" ] || [ "${2-}" = no-scheme ] || return 1
	[ -z "$address_user" ] || [ "${2-}" = user ] || return 1
	find_scheme=$address_scheme find_user=$address_user find_host=$address_host find_port=$address_port find_path=$address_path
	find_best='' find_length=0
	for find_file in "$base"/instances/*; do
		[ -r "$find_file" ] || continue
		while read -r find_key _ find_url; do
			if [ "$find_key" = url ] && parse_address "$find_url" && matches && [ "${#address_path}" -ge "$find_length" ]; then
				find_best=${find_file##*/} find_length=$((${#address_path} + 1))
			fi
		done <"$find_file"
	done
	[ -n "$find_best" ] && load_instance "$find_best"
}

# matches: whether what find_instance looks for is at the address that was parsed last, or below it.
matches() {
	if [ -z "$find_scheme" ]; then
		# Such a client means the scheme of its registry.
		case $address_scheme in
		https) matches_port=${find_port:-443} ;;
		*) matches_port=${find_port:-80} ;;
		esac
	else
		[ "$find_scheme" = "$address_scheme" ] || return 1
		matches_port=$find_port
	fi
	[ "$find_host" = "$address_host" ] && [ "$matches_port" = "$address_port" ] || return 1
	case $find_path/ in
	"$address_path"/*) ;;
	*) return 1 ;;
	esac
	# Only what the template's author wrote may be percent-encoded: a client may decode the rest, and then leave the path.
	case ${find_path#"$address_path"} in
	*[%:]*) return 1 ;;
	esac
}

# is_own_name TEXT: whether the user's name in an address is the token's, as the start script writes it.
is_own_name() {
	[ -n "$user" ] || case $1 in
	*%*) return 1 ;;
	*) return 0 ;;
	esac
	[ "$(lower "$1")" = "$(lower "$(percent_encoded "$user")")" ]
}
