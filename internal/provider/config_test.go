package provider

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

const (
	someURL  = "https://registry.example.com"
	otherURL = "https://other.example.com"
	somePEM  = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
)

// environment is a set of variables.
type environment map[string]string

func (e environment) get(name string) string { return e[name] }

// base is what every configuration needs.
func base() environment {
	return environment{"REGISTRY_URL": someURL, "REGISTRY_ACCESS_TOKEN": "token"}
}

// arguments lists every argument: how to set it in the block, the same as text, another text, and where it ends up.
var arguments = []struct {
	name  string
	set   func(m *model, text string)
	value string
	other string
	got   func(s settings) any
	want  func(text string) any
}{
	{
		"url", func(m *model, v string) { m.URL = types.StringValue(v) }, someURL, otherURL,
		func(s settings) any { return s.transport.BaseURL }, asText,
	},
	{
		"type", func(m *model, v string) { m.Type = types.StringValue(v) }, "artifactory", "artifact_keeper",
		func(s settings) any { return string(s.serverType) }, asText,
	},
	{
		"access_token", func(m *model, v string) { m.AccessToken = types.StringValue(v) }, "abc", "def",
		func(s settings) any { return s.transport.Credential.AccessToken.Reveal() }, asText,
	},
	{
		"username", func(m *model, v string) { m.Username, m.Password = types.StringValue(v), types.StringValue("pw") }, "eve", "ada",
		func(s settings) any { return s.transport.Credential.Username }, asText,
	},
	{
		"password", func(m *model, v string) { m.Username, m.Password = types.StringValue("eve"), types.StringValue(v) }, "pw1", "pw2",
		func(s settings) any { return s.transport.Credential.Password.Reveal() }, asText,
	},
	{
		"ca_certificate", func(m *model, v string) { m.CACertificate = types.StringValue(v) }, somePEM, somePEM + "\n",
		func(s settings) any { return s.transport.CAPEM }, asText,
	},
	{
		"client_certificate", func(m *model, v string) { m.ClientCertificate = types.StringValue(v) }, somePEM, somePEM + "\n",
		func(s settings) any { return s.transport.ClientCertPEM }, asText,
	},
	{
		"client_key", func(m *model, v string) { m.ClientKey = types.StringValue(v) }, somePEM, somePEM + "\n",
		func(s settings) any { return s.transport.ClientKeyPEM.Reveal() }, asText,
	},
	{
		"insecure_skip_verify", func(m *model, v string) { m.InsecureSkipVerify = types.BoolValue(v == "true") }, "true", "false",
		func(s settings) any { return s.transport.InsecureSkipVerify }, asBool,
	},
	{
		"proxy", func(m *model, v string) { m.Proxy = types.StringValue(v) }, "http://proxy:3128", "http://proxy:8080",
		func(s settings) any { return s.transport.ProxyURL.Reveal() }, asText,
	},
	{
		"headers", setHeader, `{"X-Team":"a"}`, `{"X-Team":"b"}`,
		func(s settings) any { return fmt.Sprintf(`{"X-Team":%q}`, s.transport.Headers["X-Team"]) }, asText,
	},
	{
		"request_timeout", func(m *model, v string) { m.RequestTimeout = tfkit.NewDuration(v) }, "45s", "2m",
		func(s settings) any { return s.transport.RequestTimeout }, asDuration,
	},
	{
		"max_retries", func(m *model, v string) { m.MaxRetries = types.Int64Value(number(v)) }, "0", "7",
		func(s settings) any { return int64(s.transport.MaxRetries) }, func(v string) any { return number(v) },
	},
	{
		"max_concurrent_requests", func(m *model, v string) { m.MaxConcurrentRequests = types.Int64Value(number(v)) }, "3", "5",
		func(s settings) any { return int64(s.transport.MaxConcurrentRequests) }, func(v string) any { return number(v) },
	},
	{
		"allow_admin_tokens", func(m *model, v string) { m.AllowAdminTokens = types.BoolValue(v == "true") }, "true", "false",
		func(s settings) any { return s.allowAdminTokens }, asBool,
	},
	{
		"bulk_reads", func(m *model, v string) { m.BulkReads = types.BoolValue(v == "true") }, "false", "true",
		func(s settings) any { return s.bulkReads }, asBool,
	},
	{
		"allow_plain_http", func(m *model, v string) { m.AllowPlainHTTP = types.BoolValue(v == "true") }, "true", "false",
		func(s settings) any { return s.transport.AllowPlainHTTP }, asBool,
	},
	{
		"on_unreachable", func(m *model, v string) { m.OnUnreachable = types.StringValue(v) }, "warn", "error",
		func(s settings) any { return string(s.onUnreachable) }, asText,
	},
	{
		"previous_url", func(m *model, v string) { m.PreviousURL = types.StringValue(v) }, someURL, otherURL,
		func(s settings) any { return s.previousURL }, asText,
	},
}

func asText(v string) any { return v }
func asBool(v string) any { return v == "true" }
func asDuration(v string) any {
	d, err := time.ParseDuration(v)
	if err != nil {
		panic(err)
	}
	return d
}

func number(v string) (n int64) {
	if _, err := fmt.Sscan(v, &n); err != nil {
		panic(err)
	}
	return n
}

func setHeader(m *model, v string) {
	value := strings.TrimSuffix(strings.TrimPrefix(v, `{"X-Team":"`), `"}`)
	m.Headers = types.MapValueMust(types.StringType, map[string]attr.Value{"X-Team": types.StringValue(value)})
}

// credentialFor makes sure that a test of one credential is not one of two.
func credentialFor(argument string, env environment) {
	if argument == "username" || argument == "password" {
		delete(env, "REGISTRY_ACCESS_TOKEN")
		env["REGISTRY_USERNAME"], env["REGISTRY_PASSWORD"] = "eve", "pw"
	}
}

func TestEveryArgumentFromEverySource(t *testing.T) {
	t.Parallel()
	for _, a := range arguments {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			check := func(source string, m model, env environment, want string) {
				t.Helper()
				got, diags := resolve(t.Context(), m, env.get)
				if diags.HasError() {
					t.Fatalf("%s: %v", source, diags)
				}
				if !reflect.DeepEqual(a.got(got), a.want(want)) {
					t.Errorf("%s: got %v, want %v", source, a.got(got), a.want(want))
				}
			}
			env := base()
			credentialFor(a.name, env)
			env[envName(a.name)] = a.value
			check("variable", model{}, env, a.value)

			var block model
			a.set(&block, a.other)
			if a.name == "url" {
				block.AccessToken = types.StringValue("token") // the variable's belongs to the variable's URL
			}
			check("block ahead of variable", block, env, a.other)

			env = base()
			credentialFor(a.name, env)
			var alone model
			a.set(&alone, a.value)
			if a.name == "url" {
				delete(env, "REGISTRY_URL")
			}
			check("block alone", alone, env, a.value)
		})
	}
}

func TestArgumentsAreAllTested(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{"oidc": true} // TestIdentityFromEverySource
	for _, a := range arguments {
		tested[a.name] = true
	}
	for field := range reflect.TypeFor[model]().Fields() {
		if name := field.Tag.Get("tfsdk"); !tested[name] {
			t.Errorf("argument %s is missing in the table", name)
		}
	}
}

func TestInvalidVariables(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"type": "nexus", "insecure_skip_verify": "perhaps", "headers": "X-Team: a", "request_timeout": "0s", "max_retries": "-1",
		"max_concurrent_requests": "0", "on_unreachable": "ignore", "previous_url": "ftp://x", "ca_certificate": "/no/such/file", "url": "registry.example.com",
	} {
		env := base()
		env[envName(name)] = value
		_, diags := resolve(t.Context(), model{}, env.get)
		if !diags.HasError() || !strings.Contains(diags.Errors()[0].Detail(), envName(name)) {
			t.Errorf("%s = %q: %v", envName(name), value, diags)
		}
	}
}

func TestCertificateFromFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte(somePEM), 0o600); err != nil {
		t.Fatal(err)
	}
	env := base()
	env["REGISTRY_CA_CERTIFICATE"] = file
	got, diags := resolve(t.Context(), model{}, env.get)
	if diags.HasError() || got.transport.CAPEM != somePEM {
		t.Errorf("%q, %v", got.transport.CAPEM, diags)
	}
}

func TestUnknownConfigurationIsNoError(t *testing.T) {
	t.Parallel()
	for _, m := range []model{
		{URL: types.StringUnknown()},
		{AccessToken: types.StringUnknown()},
		{Type: types.StringUnknown()},
		{Password: types.StringUnknown()},
		{OIDC: types.ObjectUnknown(oidcTypes)},
		{OIDC: oidcOf(map[string]attr.Value{"provider_name": types.StringValue("ci"), "token": types.StringUnknown()})},
		{CACertificate: types.StringUnknown()},
		{Headers: types.MapUnknown(types.StringType)},
		{MaxRetries: types.Int64Unknown()},
		{AllowAdminTokens: types.BoolUnknown()},
		{RequestTimeout: tfkit.Duration{StringValue: types.StringUnknown()}},
	} {
		got, diags := resolve(t.Context(), m, environment{}.get)
		if m.URL.IsUnknown() || m.AccessToken.IsUnknown() || m.Password.IsUnknown() || !m.OIDC.IsNull() {
			if diags.HasError() || !got.unknown {
				t.Errorf("%+v: unknown %t, %v", m, got.unknown, diags)
			}
			continue
		}
		got, diags = resolve(t.Context(), m, base().get)
		if diags.HasError() || !got.unknown {
			t.Errorf("%+v: unknown %t, %v", m, got.unknown, diags)
		}
	}
}

func TestCredentialBelongsToItsServer(t *testing.T) {
	t.Parallel()
	jfrog := environment{"JFROG_URL": someURL + "/artifactory", "JFROG_ACCESS_TOKEN": "jfrog-token"}
	keeper := environment{"ARTIFACT_KEEPER_ENDPOINT": otherURL, "ARTIFACT_KEEPER_TOKEN": "keeper-token"}
	block := func(set func(*model)) (m model) {
		set(&m)
		return m
	}
	url := func(u string) func(*model) { return func(m *model) { m.URL = types.StringValue(u) } }
	for _, c := range []struct {
		name  string
		block model
		env   []environment
		token string
		url   string
		kind  registry.Type
		fails string
	}{
		{"JFrog's pair", model{}, []environment{jfrog}, "jfrog-token", someURL, registry.Artifactory, ""},
		{"Artifact Keeper's pair", model{}, []environment{keeper}, "keeper-token", otherURL, registry.ArtifactKeeper, ""},
		{"our pair ahead of JFrog's", model{}, []environment{jfrog, {"REGISTRY_URL": otherURL, "REGISTRY_ACCESS_TOKEN": "ours"}}, "ours", otherURL, "", ""},
		{"block's URL with our token", block(url(someURL)), []environment{{"REGISTRY_ACCESS_TOKEN": "ours"}}, "ours", someURL, "", ""},
		{"block's URL as in the variable", block(url(someURL + "/artifactory/")), []environment{{"REGISTRY_URL": someURL, "REGISTRY_ACCESS_TOKEN": "ours"}}, "ours", someURL, "", ""},
		{"both pairs and a type", block(func(m *model) { m.Type = types.StringValue("artifact_keeper") }), []environment{jfrog, keeper}, "keeper-token", otherURL, registry.ArtifactKeeper, ""},
		{"both pairs", model{}, []environment{jfrog, keeper}, "", "", "", "Both JFROG_URL and ARTIFACT_KEEPER_ENDPOINT"},
		{"block's URL with JFrog's token", block(url(otherURL)), []environment{jfrog}, "", "", "", "JFROG_ACCESS_TOKEN belongs to the server in JFROG_URL"},
		{"JFrog's own URL in the block", block(url(someURL)), []environment{jfrog}, "", "", "", "JFROG_ACCESS_TOKEN belongs"},
		{"our URL with Artifact Keeper's token", model{}, []environment{{"REGISTRY_URL": someURL}, keeper}, "", "", "", "ARTIFACT_KEEPER_TOKEN belongs"},
		{"our token with JFrog's URL", model{}, []environment{{"REGISTRY_ACCESS_TOKEN": "ours"}, {"JFROG_URL": someURL}}, "", "", "", "JFROG_URL was not used"},
		{"block's URL with the token of another", block(url(otherURL)), []environment{base()}, "", "", "", "belongs to the server in REGISTRY_URL"},
		{"JFrog's URL with Artifact Keeper's token", model{}, []environment{{"JFROG_URL": someURL, "ARTIFACT_KEEPER_TOKEN": "keeper-token"}}, "", "", "", "must come from JFROG_ACCESS_TOKEN"},
		{"JFrog's pair for an Artifact Keeper", block(func(m *model) { m.Type = types.StringValue("artifact_keeper") }), []environment{jfrog}, "", "", "", "JFROG_URL was not used"},
		{"nothing", model{}, nil, "", "", "", "Set url"},
		{"URL alone", block(url(someURL)), nil, "", "", "", "without access_token"},
		{"two credentials", model{}, []environment{base(), {"REGISTRY_USERNAME": "eve", "REGISTRY_PASSWORD": "pw"}}, "", "", "", "Unset one"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			all := environment{}
			for _, e := range c.env {
				for name, value := range e {
					all[name] = value
				}
			}
			got, diags := resolve(t.Context(), c.block, all.get)
			if c.fails != "" {
				if !diags.HasError() || !strings.Contains(diags.Errors()[0].Detail(), c.fails) {
					t.Errorf("want an error with %q, got %v", c.fails, diags)
				}
				for _, d := range diags {
					for _, secret := range []string{"jfrog-token", "keeper-token", "ours"} {
						if strings.Contains(d.Summary()+d.Detail(), secret) {
							t.Errorf("the error shows %q", secret)
						}
					}
				}
				return
			}
			if diags.HasError() {
				t.Fatal(diags)
			}
			if got.transport.Credential.AccessToken.Reveal() != c.token || got.transport.BaseURL != c.url || got.serverType != c.kind {
				t.Errorf("token %q for %s (%s)", got.transport.Credential.AccessToken.Reveal(), got.transport.BaseURL, got.serverType)
			}
		})
	}
}

func TestCredentialIsTrimmed(t *testing.T) {
	t.Parallel()
	env := base()
	env["REGISTRY_ACCESS_TOKEN"] = " token\n"
	got, diags := resolve(t.Context(), model{}, env.get)
	if diags.HasError() || got.transport.Credential.AccessToken.Reveal() != "token" {
		t.Errorf("%q, %v", got.transport.Credential.AccessToken.Reveal(), diags)
	}
}
