package provider_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
)

// roads are the ways to a token. Each mints what is drawn, if it is allowed, and tries it.
var roads = map[string]func(*minting){
	"resource":      func(m *minting) { m.create(m.core(), m.username()) },
	"identity":      (*minting).byIdentity,
	"ephemeral":     (*minting).ephemeral,
	"keepers":       (*minting).replaced,
	"moved":         (*minting).moved,
	"import":        (*minting).imported,
	"oidc sign-in":  func(m *minting) { m.create(m.cores[fmt.Sprint("oidc ", m.allow)], m.username()) },
	"default scope": (*minting).scopesTakenAway,
}

// roadNames is in a fixed order, so that a seed draws the same again.
var roadNames = slices.Sorted(maps.Keys(roads))

func (m *minting) apply(core *plugintest.Core, config map[string]any, s plugintest.State, how string) plugintest.State {
	after, _, err := core.Apply(m.t.Context(), plugintest.Resource{Type: "registry_token", Config: config}, s)
	if err == nil && after.Current != nil {
		m.try(after.Current, fmt.Sprintf("%s %v", how, config))
	}
	return after
}

func (m *minting) create(core *plugintest.Core, username string) {
	m.apply(core, m.config(username), plugintest.State{}, "create")
}

// byIdentity is what the module does: the owner's account is looked up, and a token is minted for it.
func (m *minting) byIdentity() {
	look := map[string]any{"username": m.username(), "email": pick(m.rng, []string{"person@example.com", "boss@example.com", "nobody@example.com"}), "verify_email": m.chance(2), "scan": m.chance(4), "on_missing": "null"}
	if m.chance(4) {
		look["override"] = map[string]any{look["email"].(string): m.username()}
	}
	found, _, err := m.core().Read(m.t.Context(), "registry_identity", look)
	if err != nil {
		return
	}
	if name := (&plugintest.Object{Value: found}).Attribute("registry_username"); name != "" {
		m.create(m.core(), name)
	}
}

func (m *minting) ephemeral() {
	config := m.config(m.username())
	delete(config, "keepers")
	delete(config, "artifactory")
	_, _ = m.core().Ephemeral(m.t.Context(), plugintest.Resource{Type: "registry_token", Config: config}, func(o *plugintest.Object) { m.try(o, fmt.Sprintf("ephemeral %v", config)) })
}

// replaced is a token of a harmless person, who becomes somebody else before the token is replaced.
func (m *minting) replaced() {
	s := m.apply(m.core(), map[string]any{"username": person}, plugintest.State{}, "before the replacement")
	m.people()
	config := m.config(m.username())
	config["keepers"] = map[string]any{"k": "new"}
	m.apply(m.core(), config, s, "replace")
}

// scopesTakenAway is a token whose configuration names scopes at first and none later.
func (m *minting) scopesTakenAway() {
	config := m.config(person)
	s := m.apply(m.core(), config, plugintest.State{}, "before the scopes are taken away")
	m.people()
	delete(config, "scopes")
	m.apply(m.core(), config, s, "scopes taken away")
}

// byHand is the label of tokens that the provider did not mint.
const byHand = "by hand"

// moved is a token that another provider made, with any scopes, and that is replaced right away or later.
func (m *minting) moved() {
	_, harmful := m.words()
	scopes := unique([]string{pick(m.rng, harmful), pick(m.rng, harmful)})
	config := m.config(m.username())
	config["expires_in"] = "2d"
	move := acctest.Move{
		Provider: "jfrog/artifactory", Type: "artifactory_scoped_token", To: plugintest.Resource{Type: "registry_token", Config: config},
		State: map[string]any{"id": "gone", "username": config["username"], "scopes": scopes, "expires_in": 86400},
	}
	if m.IsArtifactKeeper() {
		move.Provider, move.Type = "nicola-preda/artifact-keeper", "artifactkeeper_user_api_token"
		move.State = map[string]any{"id": "00000000-0000-4000-8000-0000000000c1", "user_id": personID, "name": "old", "scopes": scopes, "expires_in_days": 1}
	}
	m.apply(m.core(), config, m.Moved(m.t, move), "moved")
}

// imported is a token that somebody else made, with any scopes, and that is replaced.
func (m *minting) imported() {
	harmless, harmful := m.words()
	const id = "00000000-0000-4000-8000-0000000000c2"
	m.Server.Store.Update(func(s *state.State) {
		owner := s.UserByName(person)
		s.Tokens = append(s.Tokens, &state.Token{
			ID: id, UserID: owner.ID, Username: owner.Username, Label: byHand, Scopes: []string{pick(m.rng, append(harmless, harmful...))},
			IssuedAt: s.Tokens[0].IssuedAt, ExpiresAt: time.Now().Add(time.Hour).UTC(), Revocable: true,
		})
	})
	s, _, err := m.core().Import(m.t.Context(), "registry_token", person+"/"+id)
	if err != nil {
		return
	}
	config := m.config(person)
	config["expires_in"] = "2d"
	m.apply(m.core(), config, s, "imported")
}
