package artifactkeeper

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// imageWorld has a private and a public repository of images.
func imageWorld(t *testing.T) (w *world, private *state.Repository) {
	t.Helper()
	w = newWorld(t, Options{})
	private = &state.Repository{ID: "11111111-1111-1111-1111-111111111111", Key: "images", Format: "docker", Kind: "local"}
	open := &state.Repository{ID: "22222222-2222-2222-2222-222222222222", Key: "open", Format: "docker", Kind: "local", Public: true}
	w.store.Update(func(st *state.State) { st.Repositories = append(st.Repositories, private, open) })
	w.rule("user", w.alice, "repository", private.ID, "read")
	return w, private
}

// exchange asks the token service.
func (w *world) exchange(h http.Header) string {
	w.t.Helper()
	token, _ := w.get("/v2/token?service=artifact-keeper&scope=repository:images/x:pull", h).ok().object()["token"].(string)
	return token
}

func TestOCITokenService(t *testing.T) {
	t.Parallel()
	w, _ := imageWorld(t)
	answer := w.get("/v2/token?service=artifact-keeper", basic(aliceName, password)).ok().object()
	wantKeys(t, answer, "token", "access_token", "expires_in", "issued_at")
	guest := w.get("/v2/token?service=artifact-keeper", nil).ok().object()
	if guest["token"] != "anonymous" || guest["expires_in"] != 900.0 {
		t.Errorf("a guest gets %v", guest)
	}
	w.get("/v2/token?service=elsewhere", basic(aliceName, password)).is(http.StatusBadRequest)
	w.get("/v2/token", basic(aliceName, "wrong")).is(http.StatusUnauthorized)
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	w.call("POST", "/v2/token", form, "grant_type=password&service=artifact-keeper&username=alice&password="+password).ok()
	w.call("POST", "/v2/token", form, "grant_type=refresh_token&service=artifact-keeper&refresh_token=x").is(http.StatusUnauthorized)

	// A token under its owner's name is no failed sign-in here.
	w.exchange(basic(aliceName, w.token(w.alice, "read:artifacts")))
	if got := w.user(w.alice).FailedLogins; got != 0 {
		t.Errorf("%d failed sign-ins", got)
	}
}

func TestOCIAccess(t *testing.T) {
	t.Parallel()
	w, private := imageWorld(t)
	const manifest = "/v2/images/x/manifests/1"
	missing := func(h http.Header) { // let through to where there is nothing
		t.Helper()
		w.get(manifest, h).is(http.StatusNotFound).contains("NAME_UNKNOWN", "Unknown name")
	}
	w.get(manifest, nil).is(http.StatusUnauthorized).challenges(`Bearer realm="` + w.url + `/v2/token",service="artifact-keeper"`)
	w.get(manifest, bearer("anonymous")).is(http.StatusUnauthorized)
	w.get(manifest, bearer("wrong")).is(http.StatusUnauthorized)
	w.get("/v2/open/x/manifests/1", bearer("anonymous")).is(http.StatusNotFound)
	w.get("/v2/npm-private/x/manifests/1", w.login(adminName)).is(http.StatusBadRequest)
	w.get("/v2/nothing/x/manifests/1", w.login(adminName)).is(http.StatusNotFound)

	reads := w.token(w.alice, "read:artifacts")
	missing(bearer(reads))
	missing(basic("__token__", reads))
	missing(bearer(w.exchange(basic("__token__", reads))))
	// What a token may not do, what it was exchanged for may not either.
	writes := w.token(w.alice, "write:artifacts")
	for _, h := range []http.Header{bearer(writes), bearer(w.exchange(basic("__token__", writes)))} {
		w.get(manifest, h).is(http.StatusForbidden).contains("Token does not have required scope: read:artifacts")
	}
	w.get(manifest, w.login(bobName)).is(http.StatusNotFound).contains("repository not found")
	const uploads = "/v2/images/x/blobs/uploads/"
	w.call("POST", uploads, bearer(writes), nil).is(http.StatusForbidden).contains("You do not have access to this repository")
	w.rule("user", w.alice, "repository", private.ID, "write")
	w.call("POST", uploads, bearer(reads), nil).is(http.StatusForbidden).contains("write:artifacts")
	w.call("POST", uploads, bearer(writes), nil).is(http.StatusAccepted)
	w.call("POST", "/v2/open/x/blobs/uploads/", nil, nil).is(http.StatusUnauthorized)

	exchanged := w.exchange(basic("__token__", reads))
	w.store.Advance(accessLifetime + time.Second)
	w.get(manifest, bearer(exchanged)).is(http.StatusUnauthorized)
	missing(bearer(reads))
}

// contains checks parts of the body.
func (a answer) contains(parts ...string) answer {
	a.t.Helper()
	for _, part := range parts {
		if !strings.Contains(a.body, part) {
			a.t.Errorf("%s: %q is not in %s", a.what, part, a.body)
		}
	}
	return a
}
