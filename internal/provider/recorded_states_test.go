package provider_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
)

// statesDir holds what earlier versions of the provider wrote, for each in COMMIT/DIALECT/SCENARIO: the configuration
// (main.tf), the state with its private data and identities (state.json), and what the registry held then (registry.json).
// A folder of a commit is never changed again.
const statesDir = "testdata/states"

// firstStates is the commit of the first recording. newer are the resources that did not exist then.
const firstStates = "5cfc1ea"

var newer []string

// A state as an earlier version wrote it plans empty, with a refresh and without one, and a refresh finds every object as
// it was. States of each version are kept; -record adds those of the version at hand (see recordStates).
func TestRecordedStates(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it loads what a registry held")
	if *record {
		recordStates(t)
	}
	acctest.SkipWithoutAcc(t)
	plugins := built(t)
	eachRecording(t, func(t *testing.T, r recording, env *acctest.Env) {
		written := r.fill(t, marks(t, env))
		cli := r.cli(t, plugins, env, written)
		for _, arguments := range [][]string{{}, {"-refresh=false"}} {
			plan, printed := cli.Plan(arguments...)
			if changes := acctest.Changes(plan); len(changes) > 0 || len(plan.OutputChanges) > 0 {
				t.Errorf("plan %v is not empty: %v\n%s", arguments, changes, printed)
			}
			for _, drift := range plan.ResourceDrift {
				if was := attributes(t, written, drift.Address); !keeps(was, drift.Change.After) {
					t.Errorf("plan %v: a refresh changes %s from %v to %v", arguments, drift.Address, was, drift.Change.After)
				}
			}
		}
	})
}

// What an earlier version noted of an object's server still counts: on another server nothing is looked for. Tokens are
// left out, since a server that has a token of the same id is the same server.
func TestRecordedStatesOfAnotherServer(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it loads what a registry held")
	acctest.SkipWithoutAcc(t)
	eachRecording(t, func(t *testing.T, r recording, env *acctest.Env) {
		elsewhere := marks(t, env)
		elsewhere[urlMark], elsewhere[serviceMark] = "https://elsewhere.example.com", "jfac@elsewhere"
		core := env.Core(t)
		for _, object := range instances(t, r.fill(t, elsewhere)) {
			_, err := core.Plan(t.Context(), plugintest.Resource{Type: object.Type}, plugintest.State{Current: object.decoded(t)})
			if object.Type != "registry_token" && (err == nil || !strings.Contains(err.Error(), elsewhere[urlMark])) {
				t.Errorf("%s was looked for on another server: %v", object.Address, err)
			}
		}
	})
}

// Every resource has a recorded state on each registry that has it, and every argument was set in one of them.
func TestRecordedStatesAreComplete(t *testing.T) {
	t.Parallel()
	// Only one of the registries has these.
	only := map[string]devregistry.Dialect{
		"registry_ldap_group_settings": devregistry.Artifactory, ".artifactory": devregistry.Artifactory, "registry_oidc_mapping.username": devregistry.ArtifactKeeper,
		".artifact_keeper": devregistry.ArtifactKeeper, "registry_user.display_name": devregistry.ArtifactKeeper, "registry_oidc_provider.sign_in": devregistry.ArtifactKeeper,
		"registry_permission.additive": devregistry.ArtifactKeeper, "registry_group.external_source": devregistry.Artifactory, "registry_token.refresh_token": devregistry.Artifactory,
		"registry_token.reference_token": devregistry.Artifactory,
	}
	writeOnly := map[string]bool{} // these are in no state
	elsewhere := func(name string, dialect devregistry.Dialect) bool {
		resource, attribute, _ := strings.Cut(name, ".")
		for _, key := range []string{resource, name, "." + attribute} {
			if at, limited := only[key]; limited && at != dialect {
				return true
			}
		}
		return false
	}
	for _, dialect := range []devregistry.Dialect{devregistry.Artifactory, devregistry.ArtifactKeeper} {
		seen := map[string]map[string]any{} // by commit and resource
		for _, dir := range recordings(t) {
			if r := readRecording(t, dir); r.dialect == dialect {
				for _, instance := range instances(t, r.state) {
					key := r.commit + " " + instance.Type
					seen[key] = merged(seen[key], instance.Attributes)
				}
			}
		}
		for name, s := range schemas(t).ResourceSchemas {
			if seen[firstStates+" "+name] == nil && !slices.Contains(newer, name) && !elsewhere(name, dialect) {
				t.Errorf("%s on %s has no state that was recorded at %s", name, dialect, firstStates)
			}
			everyAttribute(name, s.Block.Attributes, func(attribute string, a *tfprotov6.SchemaAttribute) {
				writeOnly[attribute] = a.WriteOnly
			})
		}
		for key, attributes := range seen {
			_, name, _ := strings.Cut(key, " ")
			for _, attribute := range unset(name, attributes) {
				if !writeOnly[attribute] && !elsewhere(attribute, dialect) {
					t.Errorf("%s on %s is null in every state of %s", attribute, dialect, key)
				}
			}
		}
	}
}

// keeps reports whether everything that was recorded is still so. What a later version adds is not looked at.
func keeps(recorded, now any) bool {
	was, object := recorded.(map[string]any)
	is, still := now.(map[string]any)
	if !object || !still {
		return reflect.DeepEqual(recorded, now)
	}
	for name, value := range was {
		if !keeps(value, is[name]) {
			return false
		}
	}
	return true
}

// merged takes from several objects what each has set.
func merged(into, from map[string]any) map[string]any {
	if into == nil {
		into = map[string]any{}
	}
	for name, value := range from {
		nested, object := value.(map[string]any)
		known, _ := into[name].(map[string]any)
		switch {
		case object:
			into[name] = merged(known, nested)
		case value != nil || into[name] == nil:
			into[name] = value
		}
	}
	return into
}

// unset lists the attributes that are null.
func unset(name string, value any) []string {
	switch value := value.(type) {
	case nil:
		return []string{name}
	case map[string]any:
		var all []string
		for _, key := range slices.Sorted(maps.Keys(value)) {
			all = append(all, unset(name+"."+key, value[key])...)
		}
		return all
	default:
		return nil
	}
}
