package group

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/directory"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

func resourceSchema(ctx context.Context) schema.Schema {
	return schema.Schema{
		MarkdownDescription: "A group of users that permissions can name. It manages the group itself and, when `members` is " +
			"given, its whole membership; without `members` the membership is left alone, so that a directory, an " +
			"identity provider or another configuration can own it.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:      true,
				Description:   "What the registry addresses the group by: its name on Artifactory, a UUID on Artifact Keeper.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"name": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "Name of the group: 1 to 64 characters on Artifactory, where changing it replaces the group; up " +
					"to 255 bytes on Artifact Keeper, which renames in place.",
				Validators: []validator.String{stringvalidator.LengthBetween(1, 255)},
			},
			"description": schema.StringAttribute{
				Optional:    true,
				Description: "Free text shown in the registry. Left out, the description is empty.",
			},
			"members": schema.SetAttribute{
				Optional:    true,
				Computed:    true,
				ElementType: types.StringType,
				MarkdownDescription: "User names of all members: others are removed. Left out, membership is not managed and nobody is " +
					"added or removed; `[]` means nobody.",
				Validators:    []validator.Set{setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
				PlanModifiers: []planmodifier.Set{setplanmodifier.UseStateForUnknown()},
			},
			"external_source": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "Directory or identity provider that owns the membership (`ldap`, `oidc`, `saml`, …); null for a group of " +
					"the registry itself. The registry refuses to change the members of such a group.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"artifactory": artifactoryAttribute(),
		},
		Blocks: map[string]schema.Block{"timeouts": timeouts.Block(ctx, tfkit.TimeoutOpts("5m"))},
	}
}

func artifactoryAttribute() schema.SingleNestedAttribute {
	flag := func(text string) schema.BoolAttribute {
		return schema.BoolAttribute{
			Optional: true, Computed: true, MarkdownDescription: text,
			PlanModifiers: []planmodifier.Bool{boolplanmodifier.UseNonNullStateForUnknown()},
		}
	}
	return schema.SingleNestedAttribute{
		Optional: true,
		Computed: true,
		MarkdownDescription: "What only Artifactory's groups have. Everything left out is the server's choice when the group is made, and " +
			"stays as it is afterwards. Giving this on Artifact Keeper is an error.",
		PlanModifiers: []planmodifier.Object{objectplanmodifier.UseStateForUnknown()},
		Attributes: map[string]schema.Attribute{
			"auto_join":        flag("Whether new users join the group by themselves. Cannot be combined with `admin_privileges`. Default of the server: false."),
			"admin_privileges": flag("Whether members are administrators. Default of the server: false."),
			"external_id": schema.StringAttribute{
				Optional: true, Computed: true,
				Description:   "Id of the group in an external identity provider, such as Azure AD. Default: none.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"realm": schema.StringAttribute{
				Computed: true, MarkdownDescription: "Who owns the group: `internal`, or the realm it was imported from.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseNonNullStateForUnknown()},
			},
			"realm_attributes": schema.StringAttribute{
				Computed: true, Description: "What the realm says about the group; null for internal groups.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"ldap": schema.SingleNestedAttribute{
				Optional: true, Computed: true, PlanModifiers: []planmodifier.Object{objectplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "Group of a directory that this group stands for: its people are in this group from their next sign-in on, as the " +
					"`registry_ldap_group_settings` of the directory say. The name of this group is that of the directory's, in lower case, and `members` must be " +
					"left out. Default: none; left out later, it stays as it is.",
				Attributes: map[string]schema.Attribute{
					"strategy": schema.StringAttribute{
						Required: true, Validators: []validator.String{stringvalidator.OneOf(
							string(registry.LDAPStatic), string(registry.LDAPDynamic), string(registry.LDAPHierarchical))},
						MarkdownDescription: "Strategy of the `registry_ldap_group_settings` that finds the group: `STATIC`, `DYNAMIC` or `HIERARCHICAL`.",
					},
					"group_dn": schema.StringAttribute{
						Required: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1), tfkit.SyntaxValidator("DN", directory.CheckDN)},
						MarkdownDescription: "Full DN of the directory's group, exactly as the directory has it, such as `cn=developers,ou=groups,dc=example,dc=com`.",
					},
				},
			},
			"reports_manager":  flag("Whether members manage Xray reports (Artifactory 7.128.0 or newer). Default of the server: false."),
			"watch_manager":    flag("Whether members manage Xray watches (Artifactory 7.128.0 or newer). Default of the server: false."),
			"policy_manager":   flag("Whether members manage Xray policies; implies `policy_viewer` (Artifactory 7.128.0 or newer). Default of the server: false."),
			"policy_viewer":    flag("Whether members see Xray policies (Artifactory 7.128.0 or newer). Default of the server: false."),
			"manage_resources": flag("Whether members manage resources (Artifactory 7.128.0 or newer). Default of the server: false."),
			"manage_webhook":   flag("Whether members manage webhooks (Artifactory 7.128.0 or newer). Default of the server: false."),
		},
	}
}

func identitySchema() identityschema.Schema {
	return identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"server": tfkit.ServerIdentity(),
			"name": identityschema.StringAttribute{
				RequiredForImport: true,
				Description:       "Name of the group.",
			},
		},
	}
}
