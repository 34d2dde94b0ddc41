package provider_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/issuer/issuertest"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/connect"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// trusting is a registry that trusts an issuer: its tokens for the repository acme/platform are an administrator's.
type trusting struct {
	*acctest.Env
	idp      *issuertest.Issuer
	provider string // what the exchange knows the issuer by
}

func trust(t *testing.T, dialect devregistry.Dialect) *trusting {
	t.Helper()
	idp := issuertest.Start(t)
	env := acctest.StartEmbedded(t, dialect, func(o *devregistry.Options) {
		o.IssuerClient, o.ArtifactKeeper.AllowPrivateIssuers = idp.Client, true
	})
	provider, err := env.Registry.OIDCProviders.Create(t.Context(), registry.OIDCProvider{
		Name: "ci", IssuerURL: idp.URL, Audience: "registry",
		Artifactory:    acctest.Pick(env, &registry.ArtifactoryOIDCProvider{ProviderType: "Generic OpenID Connect"}, nil),
		ArtifactKeeper: acctest.Pick(env, nil, &registry.ArtifactKeeperOIDCProvider{Enabled: true, ProviderType: "generic"}),
	})
	if err != nil {
		t.Fatal(err)
	}
	r := &trusting{env, idp, provider.ID}
	for name, scope := range map[string]string{"platform": "applied-permissions/admin", "app": "applied-permissions/user"} {
		mapping, err := env.Registry.OIDCMappings.Create(t.Context(), registry.OIDCMapping{
			Provider: provider.ID, Name: name, Priority: 1, Claims: json.RawMessage(fmt.Sprintf(`{"repository":"acme/%s"}`, name)),
			Artifactory:    acctest.Pick(env, &registry.ArtifactoryOIDCMapping{Username: "alice", Scope: scope, Audience: "*@*", ExpiresIn: time.Minute}, nil),
			ArtifactKeeper: acctest.Pick(env, nil, &registry.ArtifactKeeperOIDCMapping{Enabled: true}),
		})
		if err != nil {
			t.Fatal(err)
		}
		if env.IsArtifactKeeper() {
			r.enrol(t, name, mapping.ArtifactKeeper.Username)
		}
	}
	env.Server.Log.Reset()
	env.Rebase()
	return r
}

// enrol brings the account of a mapping into being, by a first exchange, and makes that of the platform an administrator.
func (r *trusting) enrol(t *testing.T, repository, username string) {
	t.Helper()
	if _, err := r.open(t, repository).Users.FindByUsername(t.Context(), "alice"); registry.KindOf(err) != registry.KindForbidden {
		t.Fatal(err)
	}
	user, err := r.Registry.Users.FindByUsername(t.Context(), username)
	if err != nil {
		t.Fatal(err)
	}
	admin := repository == "platform"
	if _, err := r.Registry.Users.Update(t.Context(), user.ID, registry.UserPatch{Admin: &admin}); err != nil {
		t.Fatal(err)
	}
}

// token is what the issuer gives a run of a repository.
func (r *trusting) token(t *testing.T, repository string, claims ...any) string {
	t.Helper()
	all := map[string]any{
		"sub": "repo:acme/" + repository, "aud": "registry", "repository": "acme/" + repository, "exp": time.Now().Add(time.Hour).Unix(),
	}
	for i := 0; i < len(claims); i += 2 {
		all[claims[i].(string)] = claims[i+1]
	}
	return r.idp.Token(t, all)
}

// block is the provider's oidc attribute; arguments stand in for those of the same name.
func (r *trusting) block(arguments ...string) []string {
	all := arguments
	if !strings.Contains(strings.Join(arguments, "\n"), "provider_name") {
		all = append(all, fmt.Sprintf("provider_name = %q", r.provider))
	}
	return []string{"access_token = null", "oidc = {\n" + strings.Join(all, "\n") + "\n}"}
}

// open connects with the token of a repository's run.
func (r *trusting) open(t *testing.T, repository string, change ...func(*connect.Config)) *registry.Registry {
	t.Helper()
	cfg := connect.Config{Type: registry.Type(r.Dialect), Config: transport.Config{
		BaseURL: r.Server.URL, CAPEM: string(r.Server.CAPEM),
		Credential: transport.Credential{Identity: transport.Identity{Provider: r.provider, Token: registry.NewSecret(r.token(t, repository))}},
	}}
	for _, f := range change {
		f(&cfg)
	}
	connection, err := connect.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := connection.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

// exchanges counts the sign-ins that arrived.
func (r *trusting) exchanges() (n int) {
	for _, e := range r.Server.Log.Entries() {
		if strings.HasSuffix(e.Path, "/oidc/token") || strings.HasSuffix(e.Path, "/ci/token") {
			n++
		}
	}
	return n
}

func trustedByBoth(t *testing.T, test func(*testing.T, *trusting)) {
	t.Helper()
	acctest.SkipOnLive(t, "an issuer that is trusted changes who can sign in")
	for _, dialect := range []devregistry.Dialect{devregistry.Artifactory, devregistry.ArtifactKeeper} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			test(t, trust(t, dialect))
		})
	}
}

// Pipelines need no token of the registry: not to make something, nor to read, change and remove it.
func TestProviderSignsInByExchange(t *testing.T) {
	t.Parallel()
	trustedByBoth(t, func(t *testing.T, r *trusting) {
		file := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(file, []byte(r.token(t, "platform")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		ephemeral := fmt.Sprintf("variable \"token\" {\n type = string\n ephemeral = true\n default = %q\n}\n", r.token(t, "platform"))
		plain := fmt.Sprintf("token = %q", r.token(t, "platform"))
		r.Test(t,
			resource.TestStep{Config: r.Config(quinn, r.block(plain)...), PlanOnly: true, ExpectNonEmptyPlan: true},
			resource.TestStep{PreConfig: func() {
				if n := len(r.Server.Log.Entries()); n != 0 {
					t.Errorf("planning a new user made %d requests", n)
				}
			}, Config: r.Config(quinn, r.block(plain)...), Check: func(*terraform.State) error {
				if r.exchanges() == 0 {
					return fmt.Errorf("nothing was exchanged")
				}
				return nil
			}},
			resource.TestStep{Config: r.Config(quinn, r.block(fmt.Sprintf("token_file = %q", file))...), PlanOnly: true},
			resource.TestStep{Config: r.Config(ephemeral+quinn, append(r.block("token = var.token"), "type = null")...), PlanOnly: true},
			resource.TestStep{Config: r.Config(strings.Replace(quinn, "@example.com", "@example.org", 1), r.block(plain)...)},
		)
	})
}

// Each mistake is one error that says what to do, and the state stays.
func TestProviderExchangeBadInput(t *testing.T) {
	t.Parallel()
	trustedByBoth(t, func(t *testing.T, r *trusting) {
		token := func(repository string, claims ...any) string {
			return fmt.Sprintf("token = %q", r.token(t, repository, claims...))
		}
		good := token("platform")
		unknown := acctest.Pick(r.Env, "none", "00000000-0000-4000-8000-000000000001")
		ended := time.Now().Add(-time.Hour)
		cases := []struct {
			arguments []string
			says      []string
		}{
			{r.block(token("platform", "exp", ended.Unix())), []string{"401", "sign in", "The identity token ended at", ended.UTC().Format("2006-01-02")}},
			{r.block(token("platform", "aud", "somebody")), []string{"401", "sign in", `aud ["somebody"]`, "audience"}},
			{r.block(token("platform", "iss", "https://other.example.com")), []string{"401", "sign in", `iss "https://other.example.com"`}},
			{r.block(token("other")), []string{"401", "mapping", "sign in", `sub "repo:acme/other"`}},
			{r.block(token("app")), []string{"Cannot", "user", "403"}},
			{r.block(good, fmt.Sprintf("provider_name = %q", unknown)), []string{acctest.Pick(r.Env, "does not exist", "no OIDC provider for pipelines")}},
			{r.block(good, "artifactory = {\n identity_mapping_name = \"none\"\n}"), []string{acctest.Pick(r.Env, "No identity mapping fits", "identity_mapping_name")}},
			{r.block(`token = "nonsense"`), []string{"no JSON web token", "oidc.token"}},
			{r.block(`token_file = "/no/such/file"`), []string{"no such file", "oidc.token_file"}},
			{r.block(good, `token_file = "/a"`), []string{"Invalid Attribute Combination", "token_file"}},
			{r.block(good)[1:], []string{"Invalid Attribute Combination", "oidc"}},
			{[]string{"access_token = null", "oidc = {}"}, []string{"No OIDC provider to sign in by", "REGISTRY_OIDC_PROVIDER_NAME"}},
			{r.block(), []string{"No identity token to sign in with", "REGISTRY_OIDC_TOKEN"}},
		}
		steps := []resource.TestStep{{Config: r.Config(quinn)}}
		more := quinn + "resource \"registry_user\" \"more\" {\n username = \"more\"\n email = \"m@example.com\"\n}\n"
		for _, c := range cases {
			steps = append(steps, resource.TestStep{Config: r.Config(more, c.arguments...), ExpectError: acctest.ExpectText(c.says...)})
		}
		r.Test(t, append(steps, resource.TestStep{Config: r.Config(quinn), PlanOnly: true})...)
	})
}

// One exchange serves all, and another one follows when its token has ended. Neither is made before something is asked.
func TestExchangeIsSharedAndRenewed(t *testing.T) {
	t.Parallel()
	trustedByBoth(t, func(t *testing.T, r *trusting) {
		opened := r.open(t, "platform")
		if n := r.exchanges(); n != 0 {
			t.Errorf("%d exchanges before the first question", n)
		}
		for round := range 2 {
			var group sync.WaitGroup
			for range 8 {
				group.Go(func() {
					if _, err := opened.Users.FindByUsername(t.Context(), "bob"); err != nil {
						t.Error(err)
					}
				})
			}
			group.Wait()
			if _, err := opened.Users.FindByUsername(t.Context(), "alice"); err != nil {
				t.Error(err)
			}
			if n := r.exchanges(); n != round+1 {
				t.Errorf("%d exchanges in round %d", n, round+1)
			}
			r.Server.Store.Advance(45 * time.Minute)
		}
	})
}

// The exchange shows the client certificate like every other request.
func TestExchangeByMutualTLS(t *testing.T) {
	t.Parallel()
	trustedByBoth(t, func(t *testing.T, r *trusting) {
		certificate, key := selfSigned(t)
		clients := x509.NewCertPool()
		clients.AppendCertsFromPEM(certificate)
		behind, err := url.Parse(r.Server.URL)
		if err != nil {
			t.Fatal(err)
		}
		forward := httputil.NewSingleHostReverseProxy(behind)
		forward.Transport = devregistrytest.Client(t, r.Server).Transport
		front := httptest.NewUnstartedServer(forward)
		front.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients}
		front.StartTLS()
		t.Cleanup(front.Close)
		through := func(c *connect.Config) {
			c.BaseURL = front.URL
			c.CAPEM = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw}))
		}
		_, err = r.open(t, "platform", through).Users.FindByUsername(t.Context(), "alice")
		if err == nil || !strings.Contains(err.Error(), "client_key") {
			t.Errorf("without a certificate: %v", err)
		}
		if n := r.exchanges(); n != 0 {
			t.Errorf("%d exchanges without a certificate", n)
		}
		_, err = r.open(t, "platform", through, func(c *connect.Config) {
			c.ClientCertPEM, c.ClientKeyPEM = string(certificate), registry.NewSecret(string(key))
		}).Users.FindByUsername(t.Context(), "alice")
		if err != nil {
			t.Error(err)
		}
	})
}

// selfSigned is a client certificate, which is its own authority, and its key.
func selfSigned(t *testing.T) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "terraform"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})
}
