package connect_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/connect"
)

const day = 24 * time.Hour

func (e *env) tokenSpec(t *testing.T, username, label string) registry.TokenSpec {
	t.Helper()
	return registry.TokenSpec{
		UserID: e.user(t, username).ID, Username: username, Label: label,
		Scopes: e.Capabilities.DefaultTokenScopes, Expiry: registry.Expiry{Duration: 30 * day},
	}
}

func TestTokenLifecycle(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		ctx := t.Context()
		spec := e.tokenSpec(t, "alice", "workspace dev, nonce 1a2b")
		e.requests()
		minted := must(e.Tokens.Mint(ctx, spec))(t)
		e.budget(t, "mint", 1)
		end := time.Now().Add(30 * day)
		if minted.ID == "" || minted.AccessToken.Empty() || minted.Username != "alice" || minted.Label != spec.Label ||
			minted.ExpiresAt.Sub(end).Abs() > time.Minute || !slices.Equal(minted.Scopes, spec.Scopes.Strings()) || !e.Tokens.Revocable(minted) {
			t.Errorf("minted %+v", minted.Token)
		}
		read := must(e.Tokens.Get(ctx, spec.UserID, minted.ID))(t)
		e.budget(t, "get", 1)
		if read.ID != minted.ID || read.Label != spec.Label || read.ExpiresAt.Sub(minted.ExpiresAt).Abs() > 5*time.Second ||
			read.IssuedAt.IsZero() || read.Expired(time.Now()) {
			t.Errorf("read %+v", read)
		}
		must(e.Tokens.Mint(ctx, e.tokenSpec(t, "bob", "nonce 1a2b of bob")))(t)
		e.requests()
		filter := registry.TokenFilter{UserID: spec.UserID, Username: "alice", LabelContains: "1a2b"}
		listed := must(e.Tokens.List(ctx, filter))(t)
		e.budget(t, "list", 1)
		if len(listed) != 1 || listed[0].ID != minted.ID || listed[0].Username != "alice" {
			t.Errorf("listed %+v", listed)
		}
		if !e.works(t, minted.AccessToken) {
			t.Error("the token does not work")
		}
		if err := e.Tokens.Revoke(ctx, spec.UserID, minted.ID); err != nil {
			t.Error(err)
		}
		e.requests()
		if err := e.Tokens.Revoke(ctx, spec.UserID, minted.ID); err != nil && !registry.IsNotFound(err) {
			t.Error(err)
		}
		e.budget(t, "revoking what is gone, believed at the second answer", 2)
		_, err := e.Tokens.Get(ctx, spec.UserID, minted.ID)
		wantKind(t, err, registry.KindNotFound)
		e.budget(t, "looking for what is gone, believed at the second answer", 2)
		if e.works(t, minted.AccessToken) {
			t.Error("the token still works")
		}
	})
}

// works asks the server who the token is, in a way that every valid token may.
func (e *env) works(t *testing.T, token registry.Secret) bool {
	t.Helper()
	path := "/access/api/v1/system/ping"
	if e.keeper {
		path = "/api/v1/auth/me"
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token.Reveal())
	response, err := devregistrytest.Client(t, e.server).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

func TestTokenLifetimes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		ctx := t.Context()
		spec := e.tokenSpec(t, "alice", "lifetimes")
		spec.Expiry = registry.Expiry{Never: true}
		if minted := must(e.Tokens.Mint(ctx, spec))(t); !minted.ExpiresAt.IsZero() {
			t.Errorf("never ends at %s", minted.ExpiresAt)
		}
		spec.Expiry = registry.Expiry{ServerDefault: true}
		minted, err := e.Tokens.Mint(ctx, spec)
		if e.keeper {
			wantKind(t, err, registry.KindInvalid) // nothing sent would mean for ever
		} else if err != nil || minted.ExpiresAt.IsZero() {
			t.Errorf("the server's default: %+v %v", minted.Token, err)
		}
		for _, bad := range []time.Duration{0, -time.Hour, time.Millisecond} {
			spec.Expiry = registry.Expiry{Duration: bad}
			_, err := e.Tokens.Mint(ctx, spec)
			wantKind(t, err, registry.KindInvalid)
		}
		spec.Expiry = registry.Expiry{Duration: 36 * time.Hour}
		_, err = e.Tokens.Mint(ctx, spec)
		if e.keeper {
			wantKind(t, err, registry.KindInvalid)
		} else if err != nil {
			t.Error(err)
		}
		spec.Expiry = registry.Expiry{Duration: 4000 * day}
		_, err = e.Tokens.Mint(ctx, spec)
		if e.keeper {
			wantKind(t, err, registry.KindInvalid) // the server would cut it silently
		}
	})
}

func TestArtifactoryThresholds(t *testing.T) {
	t.Parallel()
	e := start(t, devregistry.Artifactory)
	ctx := t.Context()
	for name, tc := range map[string]struct {
		lifetime             time.Duration
		force                bool
		persisted, revocable bool
	}{
		"short":          {time.Hour, false, false, false},
		"stored":         {4 * time.Hour, false, true, false},
		"stored, forced": {4 * time.Hour, true, true, true},
		"long":           {7 * time.Hour, false, true, true},
	} {
		spec := e.tokenSpec(t, "alice", name)
		spec.Expiry = registry.Expiry{Duration: tc.lifetime}
		spec.Artifactory = &registry.ArtifactoryTokenSpec{ForceRevocable: tc.force, Reference: tc.persisted, Refreshable: tc.persisted}
		minted := must(e.Tokens.Mint(ctx, spec))(t)
		_, err := e.Tokens.Get(ctx, "", minted.ID)
		if registry.IsNotFound(err) == tc.persisted || e.Tokens.Revocable(minted) != tc.revocable {
			t.Errorf("%s: persisted %t, revocable %t", name, err == nil, e.Tokens.Revocable(minted))
		}
		if tc.persisted && (minted.ReferenceToken.Empty() || minted.RefreshToken.Empty() || !minted.Refreshable) {
			t.Errorf("%s: what was asked for is missing", name)
		}
	}
}

func TestTokenForNobody(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		spec := e.tokenSpec(t, "alice", "x")
		if err := e.Users.Delete(t.Context(), spec.UserID); err != nil {
			t.Fatal(err)
		}
		_, err := e.Tokens.Mint(t.Context(), spec)
		if kind := registry.KindOf(err); kind != registry.KindNotFound && kind != registry.KindInvalid {
			t.Errorf("%v (kind %d)", err, kind)
		}
	})
}

func TestTokenScopesAreTheServersBusiness(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		spec := e.tokenSpec(t, "alice", "x")
		spec.Scopes = registry.MustParseScopes("read-everything")
		_, err := e.Tokens.Mint(t.Context(), spec)
		wantKind(t, err, registry.KindInvalid)
	})
}

// TestLostMint: the answer of a mint is lost. It is asked for once, the caller knows that it does not know, and the label
// finds the token.
func TestLostMint(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		for _, fault := range []string{devregistry.FaultResetAfter, devregistry.FaultTruncated} {
			spec := e.tokenSpec(t, "alice", "nonce-"+fault)
			e.faults(t, devregistry.Fault{Endpoint: e.mintEndpoint(), Kind: fault})
			e.requests()
			_, err := e.Tokens.Mint(t.Context(), spec)
			wantKind(t, err, registry.KindUncertain)
			e.budget(t, "mint", 1)
			found := must(e.Tokens.List(t.Context(), registry.TokenFilter{UserID: spec.UserID, Username: "alice", LabelContains: spec.Label}))(t)
			if len(found) != 1 {
				t.Errorf("%s: %+v", fault, found)
			}
		}
		e.faults(t, devregistry.Fault{Endpoint: e.mintEndpoint(), Kind: devregistry.FaultResetBefore})
		_, err := e.Tokens.Mint(t.Context(), e.tokenSpec(t, "alice", "nonce-before"))
		wantKind(t, err, registry.KindUncertain)
	})
}

func (e *env) mintEndpoint() string {
	if e.keeper {
		return "POST /api/v1/users/{id}/tokens"
	}
	return "POST /access/api/v1/tokens"
}

func TestMintIsRepeatedWhenTheServerAsksForIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		spec := e.tokenSpec(t, "alice", "limited")
		e.faults(t,
			devregistry.Fault{Endpoint: e.mintEndpoint(), Nth: 1, Kind: devregistry.FaultRateLimit, RetryAfter: "1"},
			devregistry.Fault{Endpoint: e.mintEndpoint(), Nth: 2, Kind: devregistry.FaultStatus, Status: 503, RetryAfter: "date:1"},
		)
		must(e.Tokens.Mint(t.Context(), spec))(t)
		if found := must(e.Tokens.List(t.Context(), registry.TokenFilter{UserID: spec.UserID, Username: "alice"}))(t); len(found) != 1 {
			t.Errorf("%+v", found)
		}
	})
}

// TestNothingIsLostBehindAProxyPage: a sign-in page or a foreign 404 never means that an object is gone.
func TestNothingIsLostBehindAProxyPage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		ctx := t.Context()
		alice := e.user(t, "alice")
		e.faults(t, devregistry.Fault{Endpoint: "* /", Count: -1, Kind: devregistry.FaultHTML})
		_, err := e.Users.Get(ctx, alice.ID)
		wantKind(t, err, registry.KindWrongEndpoint)
		wantKind(t, e.Users.Delete(ctx, alice.ID), registry.KindWrongEndpoint)
		_, err = e.Tokens.Get(ctx, alice.ID, "00000000-0000-0000-0000-000000000000")
		wantKind(t, err, registry.KindWrongEndpoint)
		e.server.Faults.Clear()

		elsewhere := e.open(t, func(c *connect.Config) { c.BaseURL += "/some/where" })
		_, err = elsewhere.Users.Get(ctx, alice.ID)
		wantKind(t, err, registry.KindWrongEndpoint)
		if !strings.Contains(err.Error(), "`url`") {
			t.Error(err)
		}
		if _, err := e.Users.Get(ctx, alice.ID); err != nil {
			t.Error(err)
		}
	})
}
