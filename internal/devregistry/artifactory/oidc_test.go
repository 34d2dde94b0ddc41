package artifactory_test

import (
	"maps"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/issuer/issuertest"
)

const oidc = "/access/api/v1/oidc"

func TestOIDCConfiguration(t *testing.T) {
	t.Parallel()
	w := start(t)
	provider := map[string]any{"name": "ci", "issuer_url": "https://ci.example.com", "provider_type": "GitHub", "organization": "acme"}
	w.admin(t, "POST", oidc, provider).want(201).holds(`"use_default_proxy":false`)
	w.admin(t, "POST", oidc, provider).accessError(409, "CONFLICT")
	w.admin(t, "GET", oidc, nil).want(200).holds(`[{"name":"ci"`)
	for name, value := range map[string]string{"name": "", "issuer_url": "http://ci.example.com", "provider_type": "GitLab"} {
		wrong := maps.Clone(provider)
		wrong[name] = value
		w.admin(t, "POST", oidc, wrong).accessError(400, "BAD_REQUEST")
	}
	w.admin(t, "PUT", oidc+"/none", provider).accessError(404, "NOT_FOUND")
	w.send(t, w.as("alice"), "GET", oidc+"/ci", nil).accessError(403, "FORBIDDEN")

	const mappings = oidc + "/ci/identity_mappings"
	mapping := map[string]any{"name": "m", "priority": 1, "claims": map[string]any{"sub": "x"}, "token_spec": map[string]any{"username": "alice"}}
	w.admin(t, "POST", mappings, mapping).want(201).holds(`"audience":"*@*"`).holds(`"expires_in":60`)
	w.admin(t, "POST", mappings, mapping).accessError(409, "CONFLICT")
	w.admin(t, "GET", mappings, nil).want(200).holds(`[{"name":"m"`)
	w.admin(t, "POST", mappings, map[string]any{"name": "n"}).accessError(400, "BAD_REQUEST")
	mapping["token_spec"] = map[string]any{"scope": "everything"}
	w.admin(t, "PUT", mappings+"/m", mapping).accessError(400, "BAD_REQUEST")
	w.admin(t, "DELETE", mappings+"/n", nil).accessError(404, "NOT_FOUND")
	w.admin(t, "DELETE", oidc+"/ci", nil).want(204)
	w.admin(t, "GET", mappings+"/m", nil).accessError(404, "NOT_FOUND")
}

func TestOIDCExchange(t *testing.T) {
	t.Parallel()
	issuer := issuertest.Start(t)
	w := start(t, func(o *devregistry.Options) { o.IssuerClient = issuer.Client })
	w.admin(t, "POST", oidc, map[string]any{
		"name": "ci", "issuer_url": issuer.URL, "provider_type": "Generic OpenID Connect", "audience": "registry",
	}).want(201)
	add := func(name string, priority int, claims, spec map[string]any) {
		t.Helper()
		w.admin(t, "POST", oidc+"/ci/identity_mappings", map[string]any{
			"name": name, "priority": priority, "claims": claims, "token_spec": spec,
		}).want(201)
	}
	add("people", 2, map[string]any{"actor": "*"}, map[string]any{"username_pattern": "{{actor}}"})
	add("mail", 1, map[string]any{"team": "mail"}, map[string]any{"username_pattern": "{{actor}} | $0@example.com", "expires_in": 600})
	add("builds", 3, map[string]any{"sub": "repo:acme/*"}, map[string]any{"scope": "applied-permissions/groups:developers"})
	add("teams", 3, map[string]any{"kind": "team"}, map[string]any{"groups_pattern": "{{group}}"})
	add("odd", 3, map[string]any{"kind": "odd"}, map[string]any{"username_pattern": "{{a}}-{{b}}"})

	exchange := func(claims map[string]any, extra map[string]any) *answer {
		t.Helper()
		all := map[string]any{"aud": "registry", "sub": "somebody"}
		maps.Copy(all, claims)
		body := map[string]any{
			"grant_type":         "urn:ietf:params:oauth:grant-type:token-exchange",
			"subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
			"subject_token":      issuer.Token(t, all), "provider_name": "ci",
		}
		maps.Copy(body, extra)
		return w.send(t, "", "POST", oidc+"/token", body)
	}
	got := exchange(map[string]any{"actor": "Alice"}, nil).want(200).object()
	if got["username"] != "alice" || got["expires_in"] != 60.0 || got["token_type"] != "Bearer" ||
		got["issued_token_type"] != "urn:ietf:params:oauth:token-type:access_token" {
		t.Errorf("got %v", got)
	}
	token, _ := got["access_token"].(string)
	w.send(t, bearer(token), "GET", users+"/alice", nil).want(200)
	exchange(map[string]any{"actor": "erin", "team": []string{"x", "mail"}}, nil).want(200).holds(`"username":"erin@example.com"`)
	exchange(map[string]any{"actor": "bob", "team": "mail"}, map[string]any{"identity_mapping_name": "people"}).want(200).
		holds(`"username":"bob"`)

	w.admin(t, "POST", permissions, grant("p", "npm-private", "developers", "READ")).want(201)
	for _, claims := range []map[string]any{{"sub": "repo:acme/hello"}, {"kind": "team", "group": "developers"}} {
		group := exchange(claims, nil).want(200).object()
		token, _ = group["access_token"].(string)
		w.send(t, bearer(token), "GET", npmPath, nil).want(200)
		// A token of nobody here keeps the subject it was given outside.
		if got := payload(t, token)["sub"]; got != "somebody" && got != claims["sub"] {
			t.Errorf("subject %v", got)
		}
	}

	for name, refused := range map[string]*answer{
		"no mapping":     exchange(map[string]any{}, nil),
		"unknown user":   exchange(map[string]any{"actor": "ghost"}, nil),
		"disabled user":  exchange(map[string]any{"actor": "carol"}, nil),
		"other audience": exchange(map[string]any{"actor": "alice", "aud": "other"}, nil),
		"over":           exchange(map[string]any{"actor": "alice", "exp": time.Now().Add(-time.Hour).Unix()}, nil),
		"other issuer":   exchange(map[string]any{"actor": "alice", "iss": "https://example.com"}, nil),
		"no provider":    exchange(map[string]any{"actor": "alice"}, map[string]any{"provider_name": "none"}),
		"missing claim":  exchange(map[string]any{"kind": "team"}, nil),
		"forged":         exchange(nil, map[string]any{"subject_token": issuertest.Start(t).Token(t, map[string]any{"actor": "alice"})}),
	} {
		t.Log(name)
		refused.accessError(401, "UNAUTHORIZED")
	}
	exchange(map[string]any{"kind": "odd"}, nil).accessError(501, "NOT_IMPLEMENTED")
	exchange(nil, map[string]any{"grant_type": "password"}).accessError(400, "BAD_REQUEST")
}
