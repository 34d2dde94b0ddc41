# shellcheck shell=sh
# The end of the credential program: what it was called for.
# shellcheck disable=SC2034,SC2154

umask 077
LC_ALL=C
export LC_ALL

case ${0##*/} in
registry-credential)
	case ${1-} in
	fetch) shift && fetch "$@" ;;
	*)
		complain "usage: registry-credential fetch INSTANCE SECONDS"
		exit 2
		;;
	esac
	;;
*) front "${0##*/}" "$@" ;;
esac
