package modules

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// standIn plays the coder command. It answers as `coder external-auth access-token ID` does, on standard output in every
// state, and writes down every call.
const standIn = `#!/bin/sh
folder=@FOLDER@
printf '%s\n' "$*" >>"$folder/calls"
read -r state <"$folder/state"
case "$1 $2" in
'external-auth access-token') ;;
*) exit 64 ;;
esac
json=
id=
shift 2
while [ $# -gt 0 ]; do
	case $1 in
	--output)
		if [ "$state" = old ]; then
			echo 'error: parsing flags ([--output json jfrog]): unknown flag: --output' >&2
			exit 1
		fi
		json=yes
		shift
		;;
	*) id=$1 ;;
	esac
	shift
done
[ "$id" = jfrog ] || { echo "GET /api/v2/workspaceagents/me/external-auth: unexpected status code 404: No git provider found" >&2; exit 1; }
case $state in
ok)
	if [ -n "$json" ]; then
		printf '{"access_token":"%s","expires_at":"%s","type":"jfrog","token_extra":{"access_token":"inner","expires_at":"x"}}\n' "$(cat "$folder/token")" "$(cat "$folder/expires")"
	else
		cat "$folder/token"
	fi
	;;
old) cat "$folder/token" ;;
unlinked)
	printf 'https://coder.example.com/external-auth/jfrog?redirect=a%%20b'
	exit 1
	;;
unlinked_json)
	printf '{"url":"https://coder.example.com/external-auth/jfrog"}'
	exit 1
	;;
noise)
	printf 'not a token: \033[31m<html>'
	;;
forbidden)
	echo 'error: GET /api/v2/workspaceagents/me/external-auth: unexpected status code 403: Forbidden.' >&2
	exit 1
	;;
error)
	echo 'error: GET /api/v2/workspaceagents/me/external-auth: unexpected status code 500: refresh token: context canceled' >&2
	exit 1
	;;
esac
`

// coder is a stand-in that a workspace finds on its PATH.
type coder struct {
	t      *testing.T
	folder string
}

// withCoder gives a workspace a coder command that hands out a token.
func (w *workspace) withCoder(token string, expires time.Time) *coder {
	w.t.Helper()
	c := &coder{t: w.t, folder: w.t.TempDir()}
	c.set("coder", strings.ReplaceAll(standIn, "@FOLDER@", c.folder))
	if err := os.Chmod(filepath.Join(c.folder, "coder"), 0o755); err != nil {
		w.t.Fatal(err)
	}
	c.set("calls", "")
	c.linked(token, expires)
	bin := w.t.TempDir()
	w.env["CODER_SCRIPT_BIN_DIR"] = bin
	w.env["PATH"] = bin + ":" + w.env["PATH"] + ":" + c.folder
	w.env["CODER_AGENT_TOKEN"] = "agent-token"
	return c
}

func (c *coder) set(name, content string) {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.folder, name), []byte(content), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

func (c *coder) state(state string) {
	c.t.Helper()
	c.set("state", state+"\n")
}

// linked lets it hand out a token; without a time it says nothing about the end, as Go's zero time does.
func (c *coder) linked(token string, expires time.Time) {
	c.t.Helper()
	c.set("token", token)
	c.set("expires", expires.UTC().Format(time.RFC3339Nano))
	c.state("ok")
}

// calls is how often it was called since the last look.
func (c *coder) calls() int {
	c.t.Helper()
	content, err := os.ReadFile(filepath.Join(c.folder, "calls"))
	if err != nil {
		c.t.Fatal(err)
	}
	c.set("calls", "")
	return strings.Count(string(content), "\n")
}

// fakeJWT is a token that says whose it is. Its payload is padded so that its base64url has a hyphen or an underscore.
func fakeJWT(t *testing.T, claims map[string]any) string {
	t.Helper()
	for filler := "~?"; ; filler += "?" {
		claims["filler"] = filler
		payload, err := json.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		if encoded := base64.RawURLEncoding.EncodeToString(payload); strings.ContainsAny(encoded, "-_") {
			return "eyJhbGciOiJSUzI1NiJ9." + encoded + ".sig"
		}
	}
}

func tokenOf(t *testing.T, name string) string {
	t.Helper()
	return fakeJWT(t, map[string]any{
		"ext": `{"sub":"in a text","exp":7}`, "act": map[string]any{"sub": "nested"},
		"sub": "jfac@01h/users/" + name, "exp": time.Now().Add(time.Hour).Unix(), "scp": "applied-permissions/user",
	})
}
