# Starts code-server in the background, once. $port and $gallery come before.
# shellcheck shell=sh disable=SC2154
set -eu
umask 077

if ! command -v code-server >/dev/null; then
	echo "code-server is not in this image; the template's code_server_package puts it there."
	exit 0
fi

data="$HOME/.coder-modules/registry-identity/code-server"
mkdir -p "$data/logs"
pid=$(cat "$data/pid" 2>/dev/null || true)
# The number alone may be another program's after a restart.
if [ -n "$pid" ] && tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q "code-server.*:$port"; then
	echo "code-server is running already."
	exit 0
fi
if [ -n "$gallery" ]; then
	export EXTENSIONS_GALLERY="$gallery"
fi
nohup code-server --auth none --bind-addr "127.0.0.1:$port" --disable-telemetry --disable-update-check \
	>"$data/logs/code-server.log" 2>&1 </dev/null &
echo $! >"$data/pid"
echo "code-server was started on port $port; its log is $data/logs/code-server.log."
