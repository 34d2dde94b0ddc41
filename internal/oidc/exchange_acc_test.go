package oidc_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/issuer/issuertest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// pipeline is somebody with a token of an outside issuer, and without one of the registry.
type pipeline struct {
	t   *testing.T
	env *acctest.Env
	idp *issuertest.Issuer
	// provider is how the exchange names the provider: by UUID on Artifact Keeper.
	provider string
}

func (p *pipeline) send(method, path, authorization, body string) (status int, answer map[string]any) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.env.Server.URL+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		req.Header.Set("Authorization", "Bearer "+authorization)
	}
	res, err := devregistrytest.Client(p.t, p.env.Server).Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	_ = json.NewDecoder(res.Body).Decode(&answer) // refusals of package routes are no JSON
	return res.StatusCode, answer
}

// exchange changes a token of the issuer for one of the registry.
func (p *pipeline) exchange(repository string) (status int, token string) {
	p.t.Helper()
	outside := p.idp.Token(p.t, map[string]any{"sub": "repo:" + repository, "aud": "registry", "repository": repository})
	path, authorization, body := "/access/api/v1/oidc/token", "", fmt.Sprintf(`{"grant_type":"urn:ietf:params:oauth:grant-type:token-exchange",
		"subject_token_type":"urn:ietf:params:oauth:token-type:id_token","subject_token":%q,"provider_name":%q}`, outside, p.provider)
	if p.env.IsArtifactKeeper() {
		path, authorization, body = "/api/v1/auth/ci/token", outside, fmt.Sprintf(`{"provider_id":%q}`, p.provider)
	}
	status, answer := p.send(http.MethodPost, path, authorization, body)
	token, _ = answer["access_token"].(string)
	return status, token
}

// installs gives the status of asking for a package with what an exchange gave.
func (p *pipeline) installs(repository string) int {
	p.t.Helper()
	_, token := p.exchange(repository)
	status, _ := p.send(http.MethodGet, acctest.Pick(p.env, "/artifactory/api/npm", "/npm")+"/npm-private/@acme%2fhello", token, "")
	return status
}

// What is configured lets a pipeline's own token in, as far as a permission goes, and nobody else's.
func TestExchange(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, why)
	for _, dialect := range []devregistry.Dialect{devregistry.Artifactory, devregistry.ArtifactKeeper} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			idp := issuertest.Start(t)
			env := acctest.StartEmbedded(t, dialect, func(o *devregistry.Options) {
				o.IssuerClient, o.ArtifactKeeper.AllowPrivateIssuers = idp.Client, true
			})
			p := &pipeline{t: t, env: env, idp: idp, provider: "ci"}
			trust := issuer(fmt.Sprintf("issuer_url = %q\n audience = \"registry\"", idp.URL)) + `
resource "registry_oidc_mapping" "test" {
  provider_id = registry_oidc_provider.test.id
  name        = "app"
  priority    = 1
  claims      = jsonencode({ repository = "acme/app" })
` + acctest.Pick(env, "artifactory = {\n username = \"alice\"\n expires_in = \"10m\"\n}", "") + "\n}\n"
			grant := `
resource "registry_permission" "install" {
  name         = "npm-private"
  repositories = ["npm-private"]
  users        = { (` + acctest.Pick(env, `"alice"`, "registry_oidc_mapping.test.username") + `) = ["read"] }
}
`
			resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(), Steps: []resource.TestStep{
				{Config: env.Config(trust), Check: func(s *terraform.State) error {
					if env.IsArtifactKeeper() {
						p.provider = s.RootModule().Resources[providerAddress].Primary.ID
					}
					// The account of a mapping on Artifact Keeper is there from its first exchange on.
					if status, token := p.exchange("acme/app"); status != http.StatusOK || token == "" {
						return fmt.Errorf("the exchange answers %d", status)
					}
					if status := p.installs("acme/app"); status == http.StatusOK {
						return fmt.Errorf("a package installs without a permission")
					}
					return nil
				}},
				{Config: env.Config(trust + grant), Check: func(*terraform.State) error {
					if status := p.installs("acme/app"); status != http.StatusOK {
						return fmt.Errorf("the package answers %d", status)
					}
					if status, _ := p.exchange("acme/other"); status != http.StatusUnauthorized {
						return fmt.Errorf("the exchange of another repository's token answers %d", status)
					}
					return nil
				}},
			}})
		})
	}
}

// What is configured lets a person sign in with a browser.
func TestSignIn(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, why)
	idp := issuertest.Start(t)
	env := acctest.StartEmbedded(t, devregistry.ArtifactKeeper, func(o *devregistry.Options) {
		o.IssuerClient, o.ArtifactKeeper.AllowPrivateIssuers = idp.Client, true
	})
	idp.SignIn(map[string]any{"sub": "1", "preferred_username": "ada", "email": "ada@example.com", "teams": []string{"engineers"}})
	// One client that trusts both sides stands for the browser; it follows redirects and keeps nothing.
	browser := devregistrytest.Client(t, env.Server)
	browser.Transport.(*http.Transport).TLSClientConfig.RootCAs.AddCert(idp.Certificate())
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(), Steps: []resource.TestStep{{
		Config: env.Config(issuer(fmt.Sprintf(`issuer_url = %q
  sign_in = {
    client_id                = %q
    client_secret_wo         = %q
    client_secret_wo_version = 1
    map_groups_to_groups     = true
    attribute_mapping        = jsonencode({ groups_claim = "teams" })
  }`, idp.URL, issuertest.ClientID, issuertest.ClientSecret))),
		Check: func(s *terraform.State) error {
			res, err := browser.Get(env.Server.URL + "/api/v1/auth/sso/oidc/" + s.RootModule().Resources[providerAddress].Primary.ID + "/login")
			if err != nil {
				return err
			}
			defer func() { _ = res.Body.Close() }()
			if at := res.Request.URL; at.Path != "/callback" || at.Query().Get("code") == "" {
				return fmt.Errorf("the browser ends at %s with %s", at, res.Status)
			}
			members := -1
			env.Server.Store.View(func(st *state.State) {
				if g := st.GroupByName("engineers"); g != nil {
					members = len(g.Members)
				}
			})
			if members != 1 {
				return fmt.Errorf("the group of the claim has %d members", members)
			}
			return nil
		},
	}}})
}
