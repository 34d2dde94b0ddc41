package artifactory_test

import (
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
)

const ping = "/access/api/v1/system/ping"

func refreshBody(token minted) map[string]any {
	return map[string]any{
		"grant_type": "refresh_token", "refresh_token": token.RefreshToken, "access_token": token.AccessToken,
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	w := start(t)
	old := w.mint(t, map[string]any{
		"username": "alice", "expires_in": 25200, "refreshable": true, "description": "workspace", "include_reference_token": true,
	})
	w.Store.Advance(time.Hour)
	var next minted
	body := refreshBody(old)
	body["include_reference_token"] = true
	w.send(t, "", "POST", tokens, body).want(200).decode(&next)
	if next.TokenID == old.TokenID || *next.ExpiresIn != 25200 || next.RefreshToken == old.RefreshToken ||
		next.ReferenceToken == "" || next.ReferenceToken == old.ReferenceToken {
		t.Errorf("old %+v, new %+v", old, next)
	}
	w.send(t, bearer(next.AccessToken), "GET", tokens+"/me", nil).want(200).holds(`"description":"workspace"`)
	w.send(t, bearer(old.AccessToken), "GET", ping, nil).want(401)
	w.send(t, bearer(old.ReferenceToken), "GET", ping, nil).want(401)

	// It worked once.
	w.send(t, "", "POST", tokens, refreshBody(old)).accessError(400, "BAD_REQUEST")
	// With a form, and a caller who is the owner.
	var third minted
	w.send(t, bearer(next.AccessToken), "POST", tokens, url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {next.RefreshToken}, "access_token": {next.AccessToken},
	}).want(200).decode(&third)
	w.send(t, bearer(third.AccessToken), "GET", ping, nil).want(200)
}

func TestRefreshRefusals(t *testing.T) {
	t.Parallel()
	w := start(t)
	token := w.mint(t, map[string]any{"username": "alice", "expires_in": 25200, "refreshable": true})
	other := w.mint(t, map[string]any{"username": "alice"})
	forged := refreshBody(token)
	forged["access_token"] = other.AccessToken
	w.send(t, "", "POST", tokens, forged).accessError(401, "UNAUTHORIZED")
	w.send(t, "", "POST", tokens, map[string]any{"grant_type": "refresh_token", "refresh_token": token.RefreshToken}).want(401)
	w.send(t, w.as("bob"), "POST", tokens, refreshBody(token)).accessError(403, "FORBIDDEN")
	w.admin(t, "POST", tokens, refreshBody(token)).accessError(403, "FORBIDDEN")
	w.send(t, "", "POST", tokens, map[string]any{"grant_type": "refresh_token"}).accessError(400, "BAD_REQUEST")
	stranger := start(t).mint(t, map[string]any{"username": "alice", "refreshable": true})
	w.send(t, "", "POST", tokens, refreshBody(stranger)).accessError(400, "BAD_REQUEST")
	w.Store.Advance(8 * time.Hour)
	w.send(t, "", "POST", tokens, refreshBody(token)).accessError(401, "UNAUTHORIZED").holds("expired")
}

func TestRefreshGrace(t *testing.T) {
	t.Parallel()
	w := start(t, func(o *devregistry.Options) {
		o.Artifactory.DefaultExpiry, o.Artifactory.RefreshExpiry = time.Hour, time.Hour
		o.Artifactory.KeepRefreshed = true
	})
	token := w.mint(t, map[string]any{"username": "alice", "expires_in": 3600, "refreshable": true})
	w.Store.Advance(90 * time.Minute)
	w.send(t, bearer(token.AccessToken), "GET", ping, nil).want(401)
	var next minted
	w.send(t, "", "POST", tokens, refreshBody(token)).want(200).decode(&next)
	w.send(t, bearer(next.AccessToken), "GET", ping, nil).want(200)
	w.Store.Advance(30 * time.Minute)
	var third minted
	w.send(t, "", "POST", tokens, refreshBody(next)).want(200).decode(&third)
	w.send(t, bearer(next.AccessToken), "GET", ping, nil).want(200) // KeepRefreshed
	w.Store.Advance(3 * time.Hour)
	w.send(t, "", "POST", tokens, refreshBody(third)).want(401)
}

func TestRefreshRace(t *testing.T) {
	t.Parallel()
	w := start(t)
	token := w.mint(t, map[string]any{"username": "alice", "refreshable": true})
	var won atomic.Int32
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if w.send(t, "", "POST", tokens, refreshBody(token)).status == 200 {
				won.Add(1)
			}
		})
	}
	group.Wait()
	if won.Load() != 1 {
		t.Errorf("%d refreshes with one refresh token succeeded", won.Load())
	}
}
