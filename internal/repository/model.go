// Package repository holds the data sources registry_repository and registry_repositories.
package repository

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// model is one repository.
type model struct {
	ID          types.String `tfsdk:"id"`
	Key         types.String `tfsdk:"key"`
	PackageType types.String `tfsdk:"package_type"`
	Kind        types.String `tfsdk:"kind"`
	Description types.String `tfsdk:"description"`
	Public      types.Bool   `tfsdk:"public"`
	URL         types.String `tfsdk:"url"`
}

var modelTypes = map[string]attr.Type{
	"id":           types.StringType,
	"key":          types.StringType,
	"package_type": types.StringType,
	"kind":         types.StringType,
	"description":  types.StringType,
	"public":       types.BoolType,
	"url":          types.StringType,
}

var _ tfkit.ModelFromAPI[registry.Repository] = (*model)(nil)

// FromAPI implements tfkit.ModelFromAPI.
func (m *model) FromAPI(_ context.Context, in registry.Repository) diag.Diagnostics {
	*m = model{
		ID:          types.StringValue(in.ID),
		Key:         types.StringValue(in.Key),
		PackageType: tfkit.StringOrNull(in.PackageType),
		Kind:        tfkit.StringOrNull(in.Kind),
		Description: tfkit.StringOrNull(in.Description),
		Public:      types.BoolValue(in.Public),
		URL:         tfkit.StringOrNull(in.URL),
	}
	return nil
}

func attributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id":           schema.StringAttribute{Computed: true, Description: "UUID on Artifact Keeper, the key on Artifactory."},
		"key":          schema.StringAttribute{Computed: true, Description: "Key of the repository, as it stands in URLs."},
		"package_type": schema.StringAttribute{Computed: true, MarkdownDescription: "Kind of packages in the registry's own words, lower case: `npm`, `go`, `pypi`, …"},
		"kind":         schema.StringAttribute{Computed: true, MarkdownDescription: "`local`, `remote`, `virtual`, `federated` or `staging`."},
		"description":  schema.StringAttribute{Computed: true, Description: "Free text; null when there is none."},
		"public":       schema.BoolAttribute{Computed: true, Description: "Whether anybody can read it without signing in, as far as the registry says so per repository (Artifact Keeper); false on Artifactory."},
		"url":          schema.StringAttribute{Computed: true, Description: "Where clients of this package type reach the repository."},
	}
}
