package provider_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
)

// allowed are the places in a state where a secret may be: what a registry shows only once, and people asked for. The pages
// of the objects and the threat model say so.
var allowed = map[string][]string{
	"registry_token": {"access_token", "refresh_token", "reference_token"},
}

// The secrets of the canary's configuration. They hold what JSON, URLs and HTML write in other ways.
const (
	firstPassword  = "C4nary+First/Pass=w0rd&<1>"
	secondPassword = "C4nary+Second/Pass=w0rd&<2>"
	bindPassword   = "C4nary+Bind/Pass=w0rd&<3>"
	proxyHeader    = "C4nary+Header/Value=4"
	clientSecret   = "C4nary+Client/S3cret=<5>"
)

// everything is a configuration with the objects of the provider.
func everything(env *acctest.Env, p *parrot) string {
	return fmt.Sprintf(`
provider "registry" {
  ca_certificate = %q
  type           = %q
}
variable "user_password" {
  type      = string
  ephemeral = true
}
variable "bind_password" {
  type      = string
  ephemeral = true
}
variable "client_secret" {
  type      = string
  ephemeral = true
}
variable "round" { type = number }

resource "registry_user" "quinn" {
  username            = "quinn"
  email               = "quinn@example.com"
  password_wo         = var.user_password
  password_wo_version = var.round
}
resource "registry_group" "crew" {
  name        = "crew"
  description = "round ${var.round}"
}
resource "registry_group_members" "crew" {
  group   = registry_group.crew.name
  members = var.round == 1 ? ["alice"] : ["alice", "bob"]
}
resource "registry_group_membership" "quinn" {
  group    = "developers"
  username = registry_user.quinn.username
}
resource "registry_permission" "read" {
  name         = "npm-private"
  repositories = ["npm-private"]
  groups       = { developers = var.round == 1 ? ["read"] : ["read", "write"] }
}
resource "registry_token" "alice" {
  username = data.registry_identity.alice.registry_username
  keepers  = { round = var.round }
  %s
}
resource "registry_ldap_settings" "corp" {
  name                        = "corp"
  url                         = "ldaps://ldap.example.com"
  base_dn                     = "dc=example,dc=com"
  search_filter               = "(uid={0})"
  manager_dn                  = "cn=reader,dc=example,dc=com"
  manager_password_wo         = var.bind_password
  manager_password_wo_version = var.round
}
resource "registry_oidc_provider" "ci" {
  name       = "ci"
  issuer_url = "https://issuer.example.com"
  audience   = "registry-${var.round}"
}
resource "registry_oidc_mapping" "app" {
  provider_id = registry_oidc_provider.ci.id
  name        = "app"
  priority    = var.round
  claims      = jsonencode({ repository = "acme/app" })
  %s
}
ephemeral "registry_token" "bob" { username = "bob" }

data "registry_identity" "alice" {
  username = "alice"
  email    = "alice@example.com"
}
data "registry_user" "alice" { username = "alice" }
data "registry_group" "readers" { name = "readers" }
data "registry_permission" "read" { name = registry_permission.read.name }
data "registry_repository" "npm" { key = "npm-private" }
data "registry_repositories" "all" {}
data "registry_server" "this" {}
data "registry_tokens" "alice" { username = registry_token.alice.username }
%s
`, p.pem(), string(env.Dialect), acctest.Pick(env, "artifactory = { refreshable = true, reference = true }", ""),
		acctest.Pick(env, `artifactory = { username = "alice", scope = "applied-permissions/user", expires_in = "10m" }`, ""),
		acctest.Pick(env, `
resource "registry_ldap_group_settings" "corp" {
  name                   = "corp-groups"
  ldap_settings          = registry_ldap_settings.corp.name
  strategy               = "STATIC"
  group_base_dn          = "ou=groups"
  group_member_attribute = "member"
  filter                 = "(objectClass=groupOfNames)"
}`, `
resource "registry_oidc_provider" "people" {
  name       = "people"
  issuer_url = "https://people.example.com"
  sign_in = {
    client_id                = "registry"
    client_secret_wo         = var.client_secret
    client_secret_wo_version = var.round
  }
}`))
}

// Secrets go in and out through every object there is, through answers that repeat whatever was sent, and through a
// provider that crashes. They are nowhere but in the allowed places: not in plans, the rest of the state, private data,
// Terraform's log at its most talkative, or anything that is printed.
func TestSecretsAreNowhereElse(t *testing.T) {
	t.Parallel()
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		p := newParrot(t, env)
		config := everything(env, p)
		checkEverything(t, env, config)
		c := newCanary(t, env, p, config)
		c.run(true, "init", "-no-color")
		c.round(1, firstPassword)
		c.run(true, "plan", "-no-color", "-input=false", "-out=plan.bin")
		c.run(true, "apply", "-no-color", "-input=false", "plan.bin")
		c.run(true, "plan", "-no-color", "-input=false", "-detailed-exitcode")

		c.round(2, secondPassword)
		p.repeats.Store(true)
		if said := c.run(false, "apply", "-no-color", "-input=false", "-auto-approve"); !strings.Contains(said, "you sent") || !strings.Contains(said, "(secret)") {
			t.Errorf("the parrot was not heard: %s", said)
		}
		p.repeats.Store(false)
		p.hangs.Store(true)
		c.crash("apply", "-no-color", "-input=false", "-auto-approve")
		p.hangs.Store(false)
		// Nobody closes the ephemeral token that the killed run may have opened: it ends by itself.
		env.RevokeAll(t, "bob", func(string) bool { return true })

		c.run(true, "apply", "-no-color", "-input=false", "-auto-approve")
		c.search()
		c.run(true, "destroy", "-no-color", "-input=false", "-auto-approve")
		c.search()
		if err := env.CheckUnchanged(nil); err != nil {
			t.Error(err)
		}
	})
}

// checkEverything makes sure that no object is left out.
func checkEverything(t *testing.T, env *acctest.Env, config string) {
	t.Helper()
	all := schemas(t)
	need := func(kind, name string) {
		if !strings.Contains(config, fmt.Sprintf("%s %q", kind, name)) {
			t.Errorf("the configuration has no %s %q", kind, name)
		}
	}
	for name := range all.ResourceSchemas {
		if name != "registry_ldap_group_settings" || !env.IsArtifactKeeper() { // Artifact Keeper has none
			need("resource", name)
		}
	}
	for name := range all.DataSourceSchemas {
		need("data", name)
	}
	for name := range all.EphemeralResourceSchemas {
		if name != "registry_ldap_check" { // it stops the run without a directory, and speaks to no registry
			need("ephemeral", name)
		}
	}
}

// canary runs the tool with the built provider and keeps all that is printed.
type canary struct {
	t       *testing.T
	cli     *acctest.CLI
	parrot  *parrot
	admin   string
	printed bytes.Buffer
}

func newCanary(t *testing.T, env *acctest.Env, p *parrot, config string) *canary {
	t.Helper()
	cli := acctest.NewCLI(t, nil)
	cli.UseMirror(root)
	cli.Require("registry-identity/registry")
	cli.Write("main.tf", config)
	header, err := json.Marshal(map[string]string{"X-Proxy-Key": proxyHeader})
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"REGISTRY_URL": p.URL, "REGISTRY_ACCESS_TOKEN": env.Server.AdminToken, "REGISTRY_HEADERS": string(header),
		"TF_VAR_bind_password": bindPassword, "TF_VAR_client_secret": clientSecret, "TF_LOG": "TRACE", "TF_LOG_PATH": filepath.Join(cli.Dir, "trace.log"), "GOTRACEBACK": "all",
	} {
		cli.Set(name, value)
	}
	return &canary{t: t, cli: cli, parrot: p, admin: env.Server.AdminToken}
}

func (c *canary) round(n int, password string) {
	c.cli.Set("TF_VAR_round", fmt.Sprint(n))
	c.cli.Set("TF_VAR_user_password", password)
}

func (c *canary) run(succeeds bool, arguments ...string) string {
	c.t.Helper()
	out, err := c.cli.Try(arguments...)
	c.printed.WriteString(out)
	if (err == nil) != succeeds {
		c.t.Fatalf("%s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
	return out
}

// search looks for every secret in every file of the folder and in what was printed.
func (c *canary) search() {
	c.t.Helper()
	secrets := map[string][]string{
		"the administrator's token": {c.admin}, "a password": {firstPassword, secondPassword, bindPassword, clientSecret}, "a header": {proxyHeader}, "a minted token": c.parrot.secrets(),
	}
	if len(secrets["a minted token"]) < 2 {
		c.t.Errorf("the registry gave out %d secrets only", len(secrets["a minted token"]))
	}
	for place, text := range c.places() {
		for what, values := range secrets {
			for _, value := range values {
				for _, form := range spelt(value) {
					if i := bytes.Index(text, []byte(form)); i >= 0 {
						c.t.Errorf("%s has %s: …%s", place, what, bytes.ReplaceAll(text[max(i-80, 0):i], []byte("\n"), []byte(" ")))
					}
				}
			}
		}
	}
}

// spelt is a secret as JSON, URLs and Basic credentials would spell it.
func spelt(value string) []string {
	quoted, _ := json.Marshal(value) // a string cannot fail
	encoded := base64.StdEncoding.EncodeToString([]byte(value))
	forms := []string{
		value, strings.Trim(string(quoted), `"`), url.QueryEscape(value), url.PathEscape(value), encoded,
		base64.StdEncoding.EncodeToString([]byte("quinn:" + value)), base64.StdEncoding.EncodeToString([]byte("admin:" + value)),
	}
	return slices.Compact(slices.Sorted(slices.Values(forms)))
}

// places are all files, what is in archives and private data of them, and what was printed.
func (c *canary) places() map[string][]byte {
	c.t.Helper()
	places := map[string][]byte{"what was printed": c.printed.Bytes()}
	err := filepath.WalkDir(c.cli.Dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, c.cli.Dir+"/")
		switch {
		case strings.HasPrefix(name, "terraform.tfstate"):
			content = c.withoutAllowed(content)
		case bytes.HasPrefix(content, []byte("PK\x03\x04")):
			return c.unzip(places, name, content)
		}
		places[name] = content
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return places
}

func (c *canary) unzip(places map[string][]byte, name string, content []byte) error {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return err
	}
	for _, file := range archive.File {
		reader, err := file.Open()
		if err != nil {
			return err
		}
		inside, err := io.ReadAll(reader)
		if err != nil {
			return err
		}
		if strings.HasPrefix(file.Name, "tfstate") {
			inside = c.withoutAllowed(inside)
		}
		places[name+"/"+file.Name] = inside
	}
	return nil
}

// withoutAllowed takes the allowed secrets out of a state, and writes its private data in clear.
func (c *canary) withoutAllowed(content []byte) []byte {
	c.t.Helper()
	var all struct {
		Resources []struct {
			Type      string           `json:"type"`
			Instances []map[string]any `json:"instances"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(content, &all); err != nil {
		c.t.Fatal(err)
	}
	for _, r := range all.Resources {
		for _, instance := range r.Instances {
			attributes, _ := instance["attributes"].(map[string]any)
			for _, name := range allowed[r.Type] {
				delete(attributes, name)
			}
			if private, ok := instance["private"].(string); ok {
				if plain, err := base64.StdEncoding.DecodeString(private); err == nil {
					instance["private"] = string(plain)
				}
			}
		}
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(all); err != nil {
		c.t.Fatal(err)
	}
	return b.Bytes()
}
