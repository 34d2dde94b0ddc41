package artifactkeeper_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

const login = "POST /api/v1/auth/login"

func withPassword(c *transport.Config) {
	c.Credential = transport.Credential{Username: "admin", Password: registry.NewSecret("canary-password")}
}

func session(token string) reply {
	return ok(`{"access_token":"` + token + `","refresh_token":"r","expires_in":1800,"token_type":"Bearer","must_change_password":false}`)
}

func TestOneLoginForAll(t *testing.T) {
	t.Parallel()
	r, s := script(t, scripted{login: {session("session-1")}, listUsers: {pageOf(1, 1, user(1, "alice"))}}, withPassword)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := r.Users.FindByUsername(t.Context(), "alice"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	logins := 0
	for _, seen := range s.Seen() {
		switch {
		case seen.What == login:
			logins++
			if seen.Authorization != "" || seen.Body["password"] != "canary-password" {
				t.Errorf("%+v", seen)
			}
		case seen.Authorization != "Bearer session-1":
			t.Errorf("%+v", seen)
		}
	}
	if logins != 1 {
		t.Errorf("%d logins", logins)
	}
}

func TestEndedSessionIsRenewed(t *testing.T) {
	t.Parallel()
	r, s := script(t, scripted{
		login:     {session("session-1"), session("session-2")},
		listUsers: {pageOf(1, 1, user(1, "alice")), text(401, "Invalid or expired token"), pageOf(1, 1, user(1, "alice"))},
	}, withPassword)
	for range 2 {
		if _, err := r.Users.FindByUsername(t.Context(), "alice"); err != nil {
			t.Fatal(err)
		}
	}
	s.WantSent(t, login, listUsers, listUsers, login, listUsers)
	if last := s.Seen()[4]; last.Authorization != "Bearer session-2" {
		t.Errorf("%+v", last)
	}
}

// TestLoginsStayBelowTheLimit: a server that refuses every session is not asked for one endlessly.
func TestLoginsStayBelowTheLimit(t *testing.T) {
	t.Parallel()
	r, s := script(t, scripted{login: {session("session-1"), session("session-2")}, listUsers: {text(401, "no")}}, withPassword)
	for range 20 {
		_, err := r.Users.FindByUsername(t.Context(), "alice")
		wantKind(t, err, registry.KindUnauthorized)
	}
	logins := 0
	for _, seen := range s.Seen() {
		if seen.What == login {
			logins++
		}
	}
	if logins > 7 {
		t.Errorf("%d logins; the server allows 10 in 15 minutes", logins)
	}
}

func TestRefusedLoginIsFinal(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reply reply
		says  string
	}{
		"wrong password": {refuse(401, `{"code":"AUTH_ERROR","message":"Invalid canary-password"}`), "AUTH_ERROR"},
		"second factor":  {ok(`{"access_token":"","totp_required":true,"totp_token":"t"}`), "second factor"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s := script(t, scripted{login: {tc.reply}}, withPassword)
			for range 3 {
				_, err := r.Users.FindByUsername(t.Context(), "alice")
				wantKind(t, err, registry.KindUnauthorized)
				if !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "canary") {
					t.Error(err)
				}
			}
			s.WantSent(t, login)
		})
	}
}

func TestFailedLoginIsTriedAgainLater(t *testing.T) {
	t.Parallel()
	r, s := script(t, scripted{login: {text(502, "bad gateway"), session("session-1")}, listUsers: {pageOf(0, 0)}}, withPassword)
	_, err := r.Users.FindByUsername(t.Context(), "alice")
	wantKind(t, err, registry.KindUncertain)
	_, err = r.Users.FindByUsername(t.Context(), "alice")
	wantKind(t, err, registry.KindNotFound)
	s.WantSent(t, login, login, listUsers, listUsers)
}
