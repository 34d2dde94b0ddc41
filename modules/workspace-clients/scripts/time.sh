# shellcheck shell=sh
# Times without `date -d`, which is not portable.

# days_since_epoch YEAR MONTH DAY, by the civil calendar.
days_since_epoch() {
	days_year=$1 days_month=$2
	if [ "$days_month" -le 2 ]; then
		days_year=$((days_year - 1)) days_month=$((days_month + 12))
	fi
	printf '%s' $((365 * days_year + days_year / 4 - days_year / 100 + days_year / 400 + (153 * (days_month - 3) + 2) / 5 + $3 - 719469))
}

# A zero in front would make a number octal.
decimal() {
	decimal_digits=$1
	while :; do
		case $decimal_digits in
		0?*) decimal_digits=${decimal_digits#0} ;;
		*) break ;;
		esac
	done
	printf '%s' "${decimal_digits:-0}"
}

# seconds_of TIME: an RFC 3339 time as seconds since 1970, or failure when it is none.
seconds_of() {
	case $1 in
	[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]*) ;;
	*) return 1 ;;
	esac
	seconds_clock=${1#*T}
	seconds_rest=${seconds_clock#????????}
	case $seconds_rest in
	.*)
		seconds_rest=${seconds_rest#.}
		while :; do
			case $seconds_rest in
			[0-9]*) seconds_rest=${seconds_rest#?} ;;
			*) break ;;
			esac
		done
		;;
	esac
	case $seconds_rest in
	Z) seconds_offset=0 ;;
	[+-][0-2][0-9]:[0-5][0-9])
		seconds_offset=$(($(decimal "$(printf %.2s "${seconds_rest#?}")") * 3600 + $(decimal "${seconds_rest#*:}") * 60))
		[ "${seconds_rest%"${seconds_rest#?}"}" = + ] || seconds_offset=-$seconds_offset
		;;
	*) return 1 ;;
	esac
	seconds_month_day=${1%%T*}
	seconds_month_day=${seconds_month_day#*-}
	seconds_minutes=${seconds_clock#*:}
	seconds_seconds=$(printf %.2s "${seconds_minutes#*:}")
	seconds_day=$(days_since_epoch "$(decimal "${1%%-*}")" "$(decimal "${seconds_month_day%-*}")" "$(decimal "${seconds_month_day#*-}")")
	printf '%s' $((seconds_day * 86400 + $(decimal "${seconds_clock%%:*}") * 3600 + $(decimal "${seconds_minutes%%:*}") * 60 + $(decimal "$seconds_seconds") - seconds_offset))
}
