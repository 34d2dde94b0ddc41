package main

import (
	"encoding/json"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// The types below are the JSON of terraform providers schema, as far as the reference needs it.
type (
	documentJSON struct {
		FormatVersion string                  `json:"format_version"`
		Providers     map[string]providerJSON `json:"provider_schemas"`
	}
	providerJSON struct {
		Provider           schemaJSON              `json:"provider"`
		Resources          map[string]schemaJSON   `json:"resource_schemas"`
		DataSources        map[string]schemaJSON   `json:"data_source_schemas"`
		EphemeralResources map[string]schemaJSON   `json:"ephemeral_resource_schemas"`
		ListResources      map[string]schemaJSON   `json:"list_resource_schemas"`
		Identities         map[string]identityJSON `json:"resource_identity_schemas"`
		Functions          map[string]functionJSON `json:"functions"`
	}
	schemaJSON struct {
		Version int64     `json:"version"`
		Block   blockJSON `json:"block"`
	}
	blockJSON struct {
		Attributes      map[string]attributeJSON `json:"attributes,omitempty"`
		Blocks          map[string]nestedJSON    `json:"block_types,omitempty"`
		Description     string                   `json:"description,omitempty"`
		DescriptionKind string                   `json:"description_kind,omitempty"`
		Deprecated      bool                     `json:"deprecated,omitempty"`
	}
	nestedJSON struct {
		Nesting  string    `json:"nesting_mode"`
		Block    blockJSON `json:"block"`
		MinItems int64     `json:"min_items,omitempty"`
		MaxItems int64     `json:"max_items,omitempty"`
	}
	attributeJSON struct {
		Type            json.RawMessage `json:"type,omitempty"`
		Nested          *objectJSON     `json:"nested_type,omitempty"`
		Description     string          `json:"description,omitempty"`
		DescriptionKind string          `json:"description_kind,omitempty"`
		Deprecated      bool            `json:"deprecated,omitempty"`
		Required        bool            `json:"required,omitempty"`
		Optional        bool            `json:"optional,omitempty"`
		Computed        bool            `json:"computed,omitempty"`
		Sensitive       bool            `json:"sensitive,omitempty"`
		WriteOnly       bool            `json:"write_only,omitempty"`
	}
	objectJSON struct {
		Attributes map[string]attributeJSON `json:"attributes"`
		Nesting    string                   `json:"nesting_mode"`
	}
	identityJSON struct {
		Version    int64                            `json:"version"`
		Attributes map[string]identityAttributeJSON `json:"attributes"`
	}
	identityAttributeJSON struct {
		Type              json.RawMessage `json:"type"`
		Description       string          `json:"description,omitempty"`
		RequiredForImport bool            `json:"required_for_import,omitempty"`
		OptionalForImport bool            `json:"optional_for_import,omitempty"`
	}
	functionJSON struct {
		Description string          `json:"description,omitempty"`
		Summary     string          `json:"summary,omitempty"`
		ReturnType  json.RawMessage `json:"return_type"`
		Parameters  []parameterJSON `json:"parameters,omitempty"`
	}
	parameterJSON struct {
		Name        string          `json:"name"`
		Description string          `json:"description,omitempty"`
		IsNullable  bool            `json:"is_nullable,omitempty"`
		Type        json.RawMessage `json:"type"`
	}
)

func document(in *tfprotov6.GetProviderSchemaResponse, identities *tfprotov6.GetResourceIdentitySchemasResponse) documentJSON {
	return documentJSON{FormatVersion: "1.0", Providers: map[string]providerJSON{"registry": {
		Provider:           schema(in.Provider),
		Resources:          each(in.ResourceSchemas, schema),
		DataSources:        each(in.DataSourceSchemas, schema),
		EphemeralResources: each(in.EphemeralResourceSchemas, schema),
		ListResources:      each(in.ListResourceSchemas, schema),
		Identities:         each(identities.IdentitySchemas, identity),
		Functions:          each(in.Functions, function),
	}}}
}

func each[A, B any](in map[string]A, convert func(A) B) map[string]B {
	out := make(map[string]B, len(in))
	for name, value := range in {
		out[name] = convert(value)
	}
	return out
}

func schema(in *tfprotov6.Schema) schemaJSON { return schemaJSON{in.Version, block(in.Block)} }

func block(in *tfprotov6.SchemaBlock) blockJSON {
	out := blockJSON{
		Attributes: attributes(in.Attributes), Blocks: map[string]nestedJSON{},
		Description: in.Description, DescriptionKind: kind(in.DescriptionKind), Deprecated: in.Deprecated,
	}
	for _, nested := range in.BlockTypes {
		out.Blocks[nested.TypeName] = nestedJSON{strings.ToLower(nested.Nesting.String()), block(nested.Block), nested.MinItems, nested.MaxItems}
	}
	return out
}

func attributes(in []*tfprotov6.SchemaAttribute) map[string]attributeJSON {
	out := make(map[string]attributeJSON, len(in))
	for _, a := range in {
		converted := attributeJSON{
			Description: a.Description, DescriptionKind: kind(a.DescriptionKind), Deprecated: a.Deprecated,
			Required: a.Required, Optional: a.Optional, Computed: a.Computed, Sensitive: a.Sensitive, WriteOnly: a.WriteOnly,
		}
		if a.NestedType != nil {
			converted.Nested = &objectJSON{attributes(a.NestedType.Attributes), strings.ToLower(a.NestedType.Nesting.String())}
		} else {
			converted.Type = typeJSON(a.Type)
		}
		out[a.Name] = converted
	}
	return out
}

func identity(in *tfprotov6.ResourceIdentitySchema) identityJSON {
	out := identityJSON{Version: in.Version, Attributes: map[string]identityAttributeJSON{}}
	for _, a := range in.IdentityAttributes {
		out.Attributes[a.Name] = identityAttributeJSON{typeJSON(a.Type), a.Description, a.RequiredForImport, a.OptionalForImport}
	}
	return out
}

func function(in *tfprotov6.Function) functionJSON {
	out := functionJSON{Description: in.Description, Summary: in.Summary, ReturnType: typeJSON(in.Return.Type)}
	for _, p := range in.Parameters {
		out.Parameters = append(out.Parameters, parameterJSON{p.Name, p.Description, p.AllowNullValue, typeJSON(p.Type)})
	}
	return out
}

func kind(in tfprotov6.StringKind) string {
	if in == tfprotov6.StringKindMarkdown {
		return "markdown"
	}
	return "plain"
}

// typeJSON writes a type as Terraform does: a word, or a list of a word and what it is made of.
func typeJSON(t tftypes.Type) json.RawMessage {
	var form any
	switch t := t.(type) {
	case tftypes.List:
		form = []any{"list", typeJSON(t.ElementType)}
	case tftypes.Set:
		form = []any{"set", typeJSON(t.ElementType)}
	case tftypes.Map:
		form = []any{"map", typeJSON(t.ElementType)}
	case tftypes.Object:
		form = []any{"object", each(t.AttributeTypes, typeJSON)}
	default:
		switch {
		case t.Is(tftypes.Bool):
			form = "bool"
		case t.Is(tftypes.Number):
			form = "number"
		case t.Is(tftypes.String):
			form = "string"
		default:
			form = "dynamic"
		}
	}
	data, err := json.Marshal(form)
	if err != nil {
		panic(err) // words and lists of words
	}
	return data
}
