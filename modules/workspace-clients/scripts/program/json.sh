# shellcheck shell=sh
# Just enough JSON and JWT to read what Coder and the registry say about a token.

# json_field NAME: the text or number under NAME at the top level of the object on standard input. Not a search for the
# name: a text that looks like a field, or a field of an inner object, is none.
json_field() {
	awk -v name="$1" '
		function code(hex, position, value) {
			for (position = 1; position <= 4; position++)
				value = value * 16 + index("0123456789abcdef", tolower(substr(hex, position, 1))) - 1
			return value >= 32 && value < 127 ? sprintf("%c", value) : "?"
		}
		{ text = text $0 "\n" }
		END {
			size = length(text)
			for (i = 1; i <= size; i++) {
				c = substr(text, i, 1)
				if (c == "\"") {
					string = ""
					while (++i <= size && (c = substr(text, i, 1)) != "\"") {
						if (c == "\\") {
							c = substr(text, ++i, 1)
							if (c == "u") {
								c = code(substr(text, i + 1, 4))
								i += 4
							} else if (c ~ /[bfnrt]/) c = "?"
						}
						string = string c
					}
					if (depth == 1 && !value) key = string
					else if (depth == 1 && key == name) { print string; exit }
				} else if (c == "{" || c == "[") depth++
				else if (c == "}" || c == "]") depth--
				else if (depth == 1 && c == ":") value = 1
				else if (depth == 1 && c == ",") value = 0
				else if (depth == 1 && value && key == name && c ~ /[0-9]/) {
					match(substr(text, i), /^[0-9]+/)
					print substr(text, i, RLENGTH)
					exit
				}
			}
		}
	'
}

# jwt_claim TOKEN NAME: a claim of a JWT, whose payload is base64url without padding; nothing for any other token.
jwt_claim() {
	case $1 in
	*.*.*) ;;
	*) return 0 ;;
	esac
	jwt_payload=${1#*.}
	jwt_payload=${jwt_payload%%.*}
	case $((${#jwt_payload} % 4)) in
	2) jwt_payload=$jwt_payload== ;;
	3) jwt_payload=$jwt_payload= ;;
	esac
	printf '%s' "$jwt_payload" | tr '_-' '/+' | base64 -d 2>/dev/null | json_field "$2"
}
