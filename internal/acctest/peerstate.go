package acctest

import (
	_ "embed" // the peers' schemas
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
)

// peersJSON are the resource types of other providers whose objects people bring along, as `terraform providers schema`
// of their current versions tells them: the schema's version, and each attribute's type.
//
//go:embed testdata/peers.json
var peersJSON []byte

// PeerType is a resource type of another provider.
type PeerType struct {
	Version int
	State   tftypes.Object
}

// PeerTypes gives the resource types of the peers by the provider's source, such as jfrog/artifactory, and by name.
var PeerTypes = sync.OnceValue(func() map[string]map[string]PeerType {
	var peers map[string]map[string]struct {
		Version    int                        `json:"version"`
		Attributes map[string]json.RawMessage `json:"attributes"`
	}
	if err := json.Unmarshal(peersJSON, &peers); err != nil {
		panic(err)
	}
	types := map[string]map[string]PeerType{}
	for source, resources := range peers {
		types[source] = map[string]PeerType{}
		for name, r := range resources {
			state := tftypes.Object{AttributeTypes: map[string]tftypes.Type{}}
			for attribute, raw := range r.Attributes {
				t, err := tftypes.ParseJSONType(raw) //nolint:staticcheck // there is no other reader of Terraform's type notation here
				if err != nil {
					panic(fmt.Sprintf("%s.%s: %v", name, attribute, err))
				}
				state.AttributeTypes[attribute] = t
			}
			types[source][name] = PeerType{Version: r.Version, State: state}
		}
	}
	return types
})

// PeerState completes the state of a peer's object with nulls, and gives the version of its schema. An attribute that the
// peer does not have, or has with another type, fails the test.
func PeerState(t *testing.T, source, resource string, attributes map[string]any) (version int, state any) {
	t.Helper()
	peer, ok := PeerTypes()[source][resource]
	if !ok {
		t.Fatalf("%s has no %s", source, resource)
	}
	if _, err := plugintest.Value(peer.State, attributes); err != nil {
		t.Fatalf("this is no state of %s: %v", resource, err)
	}
	return peer.Version, complete(peer.State, attributes)
}

// complete adds nulls for what is missing.
func complete(t tftypes.Type, v any) any {
	switch t := t.(type) {
	case tftypes.Object:
		given, ok := v.(map[string]any)
		if !ok {
			return v
		}
		all := make(map[string]any, len(t.AttributeTypes))
		for name, attribute := range t.AttributeTypes {
			all[name] = complete(attribute, given[name])
		}
		return all
	case tftypes.Set:
		given, ok := v.([]any)
		if !ok {
			return v
		}
		all := make([]any, len(given))
		for i, element := range given {
			all[i] = complete(t.ElementType, element)
		}
		return all
	default:
		return v
	}
}

// StateObject is a managed resource of a peer in a state written by hand. Attributes that are left out are null.
type StateObject struct {
	Module     string // such as module.jfrog; "" is the root
	Type, Name string
	Provider   string // its source, such as jfrog/artifactory
	Attributes map[string]any
}

// WriteState makes a state of objects, as the peers' current versions write it. The provider of an object in a module is the module's own.
func (c *CLI) WriteState(objects ...StateObject) {
	c.t.Helper()
	var resources []map[string]any
	for _, o := range objects {
		provider := `provider["` + Address(o.Provider) + `"]`
		version, attributes := PeerState(c.t, o.Provider, o.Type, o.Attributes)
		resource := map[string]any{
			"mode": "managed", "type": o.Type, "name": o.Name,
			"instances": []any{map[string]any{"schema_version": version, "attributes": attributes, "sensitive_attributes": []any{}}},
		}
		if o.Module != "" {
			resource["module"], provider = o.Module, o.Module+"."+provider
		}
		resource["provider"] = provider
		resources = append(resources, resource)
	}
	content, err := json.Marshal(map[string]any{
		"version": 4, "terraform_version": "1.11.0", "serial": 1, "lineage": "a7b1b7a0-6f5d-4d5e-9d2f-0c6c5c3f8a11",
		"outputs": map[string]any{}, "resources": resources, "check_results": nil,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.Write("terraform.tfstate", string(content))
}
