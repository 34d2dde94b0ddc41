package transport

import (
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

func TestConfigIsCheckedWithoutPrintingSecrets(t *testing.T) {
	t.Parallel()
	const canary = "canary-7f3"
	secret := registry.NewSecret
	for name, tc := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"no url":               {func(c *Config) { c.BaseURL = " " }, "https://"},
		"no scheme":            {func(c *Config) { c.BaseURL = "registry.example.com" }, "https://"},
		"no host":              {func(c *Config) { c.BaseURL = "https:///x" }, "host"},
		"user info":            {func(c *Config) { c.BaseURL = "https://u:" + canary + "@h" }, "user name or password"},
		"query":                {func(c *Config) { c.BaseURL = "https://h/?t=" + canary }, "query"},
		"fragment":             {func(c *Config) { c.BaseURL = "https://h/#" + canary }, "fragment"},
		"not a url":            {func(c *Config) { c.BaseURL = "https://h/%zz" + canary }, "URL"},
		"plain http":           {func(c *Config) { c.BaseURL = "http://h" }, "allow_plain_http"},
		"token with a newline": {func(c *Config) { c.Credential.AccessToken = secret(canary + "\nx") }, "line break"},
		"token with a blank":   {func(c *Config) { c.Credential.AccessToken = secret(canary + " x") }, "blank"},
		"token not ASCII":      {func(c *Config) { c.Credential.AccessToken = secret(canary + "é") }, "access_token"},
		"token and user":       {func(c *Config) { c.Credential.Username = "u" }, "together"},
		"user alone":           {func(c *Config) { c.Credential = Credential{Username: "u"} }, "missing"},
		"password alone":       {func(c *Config) { c.Credential = Credential{Password: secret(canary)} }, "missing"},
		"colon in the user":    {func(c *Config) { c.Credential = Credential{Username: "u:" + canary, Password: secret("p")} }, "colon"},
		"newline in password":  {func(c *Config) { c.Credential = Credential{Username: "u", Password: secret(canary + "\nb")} }, "line break"},
		"identity and token":   {func(c *Config) { c.Credential.Identity = Identity{Provider: "ci", Token: secret("a.b." + canary)} }, "one kind"},
		"identity and http": {func(c *Config) {
			c.BaseURL, c.Credential = "http://h", Credential{Identity: Identity{Provider: "ci", Token: secret("a.b." + canary)}}
		}, "allow_plain_http"},
		"identity of nobody":       {func(c *Config) { c.Credential = Credential{Identity: Identity{Token: secret("a.b." + canary)}} }, "provider_name"},
		"identity without a token": {func(c *Config) { c.Credential = Credential{Identity: Identity{Provider: "ci"}} }, "exactly one"},
		"identity of two tokens": {func(c *Config) {
			c.Credential = Credential{Identity: Identity{Provider: "ci", Token: secret("a.b." + canary), TokenFile: "/x"}}
		}, "exactly one"},
		"no identity token": {func(c *Config) { c.Credential = Credential{Identity: Identity{Provider: "ci", Token: secret(canary)}} }, "JSON web token"},
		"identity token with a newline": {func(c *Config) {
			c.Credential = Credential{Identity: Identity{Provider: "ci", Token: secret("a.b\n." + canary)}}
		}, "JSON web token"},
		"bad ca":           {func(c *Config) { c.CAPEM = canary }, "ca_certificate"},
		"cert without key": {func(c *Config) { c.ClientCertPEM = canary }, "missing"},
		"bad cert":         {func(c *Config) { c.ClientCertPEM = canary; c.ClientKeyPEM = secret(canary) }, "PEM pair"},
		"bad proxy":        {func(c *Config) { c.ProxyURL = secret("ftp://u:" + canary + "@h") }, "proxy"},
		"bad header name":  {func(c *Config) { c.Headers = map[string]string{"a b": canary} }, "header name"},
		"bad header value": {func(c *Config) { c.Headers = map[string]string{"X-A": canary + "\r\nX-B: 1"} }, "line break"},
		"own header":       {func(c *Config) { c.Headers = map[string]string{"authorization": canary} }, "provider itself"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := Config{BaseURL: "https://h", Credential: Credential{AccessToken: secret(canary)}}
			tc.change(&cfg)
			_, err := New(cfg)
			e := wantKind(t, err, registry.KindInvalid)
			if text := e.Error(); strings.Contains(text, canary) || !strings.Contains(text, tc.want) {
				t.Errorf("want %q and no secret in: %s", tc.want, text)
			}
		})
	}
}

func TestCredentialsAreTrimmed(t *testing.T) {
	t.Parallel()
	c, err := New(Config{BaseURL: "https://h", Credential: Credential{AccessToken: registry.NewSecret(" \ttoken\r\n")}})
	if err != nil || c.Credential().AccessToken.Reveal() != "token" {
		t.Errorf("%v", err)
	}
}

func TestPlainHTTP(t *testing.T) {
	t.Parallel()
	token := Credential{AccessToken: registry.NewSecret("token")}
	for _, cfg := range []Config{
		{BaseURL: "http://h"},
		{BaseURL: "http://h", Credential: token, AllowPlainHTTP: true},
		{BaseURL: "https://h", Credential: token},
	} {
		if _, err := New(cfg); err != nil {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

func TestSecretsInConfigDoNotPrint(t *testing.T) {
	t.Parallel()
	cfg := Config{
		Credential: Credential{AccessToken: registry.NewSecret("canary"), Password: registry.NewSecret("canary")},
		ProxyURL:   registry.NewSecret("canary"), ClientKeyPEM: registry.NewSecret("canary"),
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if text := sprintf(verb, cfg); strings.Contains(text, "canary") || strings.Contains(text, "63616e617279") {
			t.Errorf("%s prints %s", verb, text)
		}
	}
}
