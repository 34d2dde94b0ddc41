package session_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/artifactkeeper"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/artifactory"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport/transporttest"
)

const provider = "00000000-0000-4000-8000-000000000001"

// outside is an identity token that ends after a time, or did.
func outside(t *testing.T, ends time.Duration) string {
	t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": "https://ci.example.com", "aud": "registry", "sub": "repo:acme/app", "exp": time.Now().Add(ends).Unix(),
	}).SignedString([]byte("k"))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// side is one of the two registries.
type side struct {
	open               func(*transport.Client) *registry.Registry
	exchange, ask      string // requests
	refusal, unhappy   string // bodies: a refused exchange, a refused token
	missing, elsewhere transporttest.Reply
}

var sides = map[string]side{
	"artifactory": {
		func(c *transport.Client) *registry.Registry { return artifactory.New(c, nil) },
		"POST /access/api/v1/oidc/token", "GET /access/api/v2/users/alice",
		`{"errors":[{"code":"UNAUTHORIZED","message":"no"}]}`, `{"errors":[{"code":"UNAUTHORIZED","message":"token expired"}]}`,
		transporttest.Refuse(404, `{"errors":[{"code":"NOT_FOUND","message":"no such path"}]}`), transporttest.Text(404, "nothing here"),
	},
	"artifact_keeper": {
		func(c *transport.Client) *registry.Registry { return artifactkeeper.New(c, nil) },
		"POST /api/v1/auth/ci/token", "GET /api/v1/users",
		`{"code":"AUTH_ERROR","message":"no"}`, `{"code":"AUTH_ERROR","message":"Invalid or expired token"}`,
		transporttest.Refuse(405, `{"code":"METHOD_NOT_ALLOWED","message":"no"}`), transporttest.Text(404, "nothing here"),
	},
}

func (s side) found() transporttest.Reply {
	if s.ask == "GET /api/v1/users" {
		return transporttest.OK(`{"items":[{"id":"` + provider + `","username":"alice","email":"a@example.com","auth_provider":"local","is_active":true,"is_admin":false}],` +
			`"pagination":{"page":1,"per_page":100,"total":1,"total_pages":1}}`)
	}
	return transporttest.OK(`{"username":"alice","email":"a@example.com","status":"enabled","admin":false,"groups":[]}`)
}

func granted(token string) transporttest.Reply {
	return transporttest.OK(`{"access_token":"` + token + `","expires_in":60,"token_type":"Bearer","username":"ci"}`)
}

// everySide runs a test on both registries.
func everySide(t *testing.T, test func(*testing.T, side)) {
	t.Helper()
	for name, s := range sides {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, s)
		})
	}
}

// ask opens the registry of a script with an identity and gives a way to ask it for something.
func (s side) scripted(t *testing.T, identity transport.Identity, script transporttest.Script) (func() error, *transporttest.Server) {
	t.Helper()
	client, server := transporttest.Start(t, script, func(c *transport.Config) {
		c.Credential, c.MaxRetries = transport.Credential{Identity: identity}, 2
	})
	r := s.open(client)
	return func() error {
		_, err := r.Users.FindByUsername(t.Context(), "alice")
		return err
	}, server
}

func TestExchangeOnceAndAgainWhenRefused(t *testing.T) {
	t.Parallel()
	everySide(t, func(t *testing.T, s side) {
		file := filepath.Join(t.TempDir(), "token")
		first, second := outside(t, time.Hour), outside(t, 2*time.Hour)
		write := func(token string) {
			if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write(first)
		ask, server := s.scripted(t, transport.Identity{Provider: provider, TokenFile: file}, transporttest.Script{
			s.exchange: {granted("one"), granted("two")},
			s.ask:      {s.found(), transporttest.Refuse(401, s.unhappy), s.found()},
		})
		for range 2 {
			if err := ask(); err != nil {
				t.Fatal(err)
			}
			write(second)
		}
		server.WantSent(t, s.exchange, s.ask, s.ask, s.exchange, s.ask)
		seen := server.Seen()
		for n, want := range []string{first, "one", "one", second, "two"} {
			sent := seen[n].Authorization
			if token, ok := seen[n].Body["subject_token"].(string); ok {
				sent = "Bearer " + token
			}
			if sent != "Bearer "+want {
				t.Errorf("request %d carries %q, want %q", n, sent, want)
			}
		}
	})
}

// A refusal says why and is final; what may pass is tried again, and nothing shows the token.
func TestExchangeFails(t *testing.T) {
	t.Parallel()
	everySide(t, func(t *testing.T, s side) {
		for name, tc := range map[string]struct {
			ends  time.Duration
			reply transporttest.Reply
			kind  registry.Kind
			says  string
			final bool
		}{
			"refused":        {time.Hour, transporttest.Refuse(401, s.refusal), registry.KindUnauthorized, `iss "https://ci.example.com", aud ["registry"] and sub "repo:acme/app"`, true},
			"bad request":    {time.Hour, transporttest.Refuse(400, s.refusal), registry.KindUnauthorized, "mappings", true},
			"ended":          {-time.Hour, transporttest.Refuse(401, s.refusal), registry.KindUnauthorized, "The identity token ended at " + time.Now().Add(-time.Hour).UTC().Format("2006-01-02T15:"), true},
			"no exchange":    {time.Hour, s.missing, registry.KindUnsupported, "has no token exchange", true},
			"somebody else":  {time.Hour, s.elsewhere, registry.KindWrongEndpoint, "has no token exchange", false},
			"a web page":     {time.Hour, transporttest.HTML(200), registry.KindWrongEndpoint, "HTML page", false},
			"broken":         {time.Hour, transporttest.Text(502, "bad gateway"), registry.KindUnavailable, "could not exchange", false},
			"without token":  {time.Hour, transporttest.OK(`{"expires_in":60}`), registry.KindUnavailable, "no access_token", false},
			"words repeated": {time.Hour, transporttest.Refuse(401, strings.Replace(s.refusal, `"no"`, `"you sent `+outside(t, time.Hour)+`"`, 1)), registry.KindUnauthorized, "(secret)", true},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				token := outside(t, tc.ends)
				ask, server := s.scripted(t, transport.Identity{Provider: provider, Token: registry.NewSecret(token)}, transporttest.Script{s.exchange: {tc.reply}})
				for range 3 {
					err := ask()
					transporttest.WantKind(t, err, tc.kind)
					if !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), token[:40]) {
						t.Errorf("want %q: %v", tc.says, err)
					}
				}
				seen := server.Seen()
				if tc.final != (len(seen) == 1) {
					t.Errorf("%d exchanges", len(seen))
				}
				for _, r := range seen {
					if r.What != s.exchange {
						t.Errorf("sent %s", r.What)
					}
				}
			})
		}
	})
}

// What only a person can put right is said before anything is sent.
func TestIdentityIsChecked(t *testing.T) {
	t.Parallel()
	good := registry.NewSecret(outside(t, time.Hour))
	keeper := sides["artifact_keeper"]
	for name, tc := range map[string]struct {
		identity transport.Identity
		says     string
	}{
		"a name on Artifact Keeper":    {transport.Identity{Provider: "ci", Token: good}, "by UUID"},
		"a mapping on Artifact Keeper": {transport.Identity{Provider: provider, Token: good, Mapping: "m"}, "identity_mapping_name"},
		"a project on Artifact Keeper": {transport.Identity{Provider: provider, Token: good, Project: "p"}, "project_key"},
		"no file":                      {transport.Identity{Provider: provider, TokenFile: "/no/such/file"}, "no such file"},
		"an endless file":              {transport.Identity{Provider: provider, TokenFile: "/dev/zero"}, "too long"},
		"a file with something else":   {transport.Identity{Provider: provider, TokenFile: "exchange_test.go"}, "no JSON web token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ask, server := keeper.scripted(t, tc.identity, transporttest.Script{})
			if err := ask(); err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("want %q: %v", tc.says, err)
			}
			server.WantSent(t)
		})
	}
}

func TestExchangeOfAnUnknownProvider(t *testing.T) {
	t.Parallel()
	for status, tc := range map[int]struct{ body, says string }{
		http.StatusNotFound: {`{"code":"NOT_FOUND","message":"CI OIDC provider not found"}`, "no OIDC provider for pipelines with that id"},
		http.StatusConflict: {`{"code":"CONFLICT","message":"Username already exists"}`, "mapping of its own"},
	} {
		keeper := sides["artifact_keeper"]
		ask, server := keeper.scripted(t, transport.Identity{Provider: provider, Token: registry.NewSecret(outside(t, time.Hour))},
			transporttest.Script{keeper.exchange: {transporttest.Refuse(status, tc.body)}})
		for range 2 {
			err := ask()
			transporttest.WantKind(t, err, registry.KindUnauthorized)
			if !strings.Contains(err.Error(), tc.says) {
				t.Error(err)
			}
		}
		server.WantSent(t, keeper.exchange)
	}
}

func TestArtifactoryExchangeSendsWhatIsSet(t *testing.T) {
	t.Parallel()
	token := outside(t, time.Hour)
	s := sides["artifactory"]
	fixed := `"grant_type":"urn:ietf:params:oauth:grant-type:token-exchange","subject_token_type":"urn:ietf:params:oauth:token-type:id_token"`
	for more, identity := range map[string]transport.Identity{
		"": {Provider: "ci"},
		`,"identity_mapping_name":"m","project_key":"p"`: {Provider: "ci", Mapping: "m", Project: "p"},
	} {
		identity.Token = registry.NewSecret(token)
		ask, server := s.scripted(t, identity, transporttest.Script{s.exchange: {granted("one")}, s.ask: {s.found()}})
		if err := ask(); err != nil {
			t.Fatal(err)
		}
		server.WantBody(t, 0, `{`+fixed+`,"provider_name":"ci","subject_token":"`+token+`"`+more+`}`)
		if sent := server.Seen()[0].Authorization; sent != "" {
			t.Errorf("the exchange carries %q", sent)
		}
	}
}
