package connect_test

import (
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/artifactkeeper"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/connect"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// keeper starts an Artifact Keeper with switches of its own.
func keeper(t *testing.T, options artifactkeeper.Options) *env {
	t.Helper()
	e := &env{keeper: true, server: devregistrytest.Start(t, devregistry.ArtifactKeeper, func(o *devregistry.Options) { o.ArtifactKeeper = options })}
	e.Registry = e.open(t)
	return e
}

func withPassword(user, password string) func(*connect.Config) {
	return func(c *connect.Config) {
		c.Credential = transport.Credential{Username: user, Password: registry.NewSecret(password)}
	}
}

// TestKeeperSignIn: a run with many requests signs in once, far below the server's limit of 10.
func TestKeeperSignIn(t *testing.T) {
	t.Parallel()
	e := keeper(t, artifactkeeper.Options{RateLimits: true})
	r := e.open(t, withPassword("admin", "Admin-Passw0rd"))
	for range 15 {
		if _, err := r.Users.FindByUsername(t.Context(), "alice"); err != nil {
			t.Fatal(err)
		}
	}
	e.budget(t, "a sign-in and 15 look-ups", 16)
}

func TestKeeperSignInFails(t *testing.T) {
	t.Parallel()
	e := keeper(t, artifactkeeper.Options{TOTPUsers: []string{"admin"}})
	for password, says := range map[string]string{"Admin-Passw0rd": "second factor", "wrong-password": "401"} {
		r := e.open(t, withPassword("admin", password))
		for range 3 {
			_, err := r.Users.FindByUsername(t.Context(), "alice")
			wantKind(t, err, registry.KindUnauthorized)
			if !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), password) {
				t.Error(err)
			}
		}
		e.budget(t, "a refused sign-in", 1)
	}
}

// TestKeeperPasswordLimit: five passwords in 15 minutes; the sixth is told how long to wait at once when there is no time.
func TestKeeperPasswordLimit(t *testing.T) {
	t.Parallel()
	e := keeper(t, artifactkeeper.Options{RateLimits: true})
	alice := e.user(t, "alice").ID
	var err error
	for range 9 {
		if err = e.Users.SetPassword(t.Context(), alice, registry.NewSecret("Str0ng-enough!")); err != nil {
			break
		}
	}
	wantKind(t, err, registry.KindRateLimited)
	if !strings.Contains(err.Error(), "wait") {
		t.Error(err)
	}
}

// TestKeeperTokenWithoutAdminScope: an administrator's token is not an administrator's unless its scopes say so.
func TestKeeperTokenWithoutAdminScope(t *testing.T) {
	t.Parallel()
	e := keeper(t, artifactkeeper.Options{})
	minted := must(e.Tokens.Mint(t.Context(), e.tokenSpec(t, "admin", "read only")))(t)
	r := e.open(t, func(c *connect.Config) { c.Credential.AccessToken = minted.AccessToken })
	_, err := r.Users.FindByUsername(t.Context(), "alice")
	wantKind(t, err, registry.KindForbidden)
	if !strings.Contains(err.Error(), "scope admin") {
		t.Error(err)
	}
}

func TestKeeperSetupLock(t *testing.T) {
	t.Parallel()
	e := keeper(t, artifactkeeper.Options{SetupLock: true})
	_, err := e.Users.FindByUsername(t.Context(), "alice")
	wantKind(t, err, registry.KindUnavailable)
	if !strings.Contains(err.Error(), "setup") {
		t.Error(err)
	}
}
