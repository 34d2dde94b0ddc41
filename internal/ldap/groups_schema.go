package ldap

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/directory"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

func groupsSchema(ctx context.Context) schema.Schema {
	attribute := tfkit.SyntaxValidator("attribute name", directory.CheckAttribute)
	return schema.Schema{
		MarkdownDescription: "How Artifactory reads groups from the directory of a `registry_ldap_settings` (7.57.1 or newer). It says who is in which " +
			"group at sign-in; the groups themselves are made with `registry_group`, or imported by `refresh_operation`. Artifact Keeper has no such " +
			"settings: there `registry_ldap_settings` says how groups are found, and a group appears when the first of its people signs in.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed: true, PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
				Description: "The name, which is what the registry addresses the group settings by.",
			},
			"name": schema.StringAttribute{
				Required: true, PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
				Validators:          []validator.String{stringvalidator.LengthBetween(1, 255), tfkit.SyntaxValidator("name", registry.CheckObjectName)},
				MarkdownDescription: "Name of the group settings, unique on the registry. Changing it replaces them.",
			},
			"ldap_settings": schema.StringAttribute{
				Required: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "Name of the `registry_ldap_settings` whose directory is read.",
			},
			"strategy": schema.StringAttribute{
				Required: true,
				Validators: []validator.String{stringvalidator.OneOf(
					string(registry.LDAPStatic), string(registry.LDAPDynamic), string(registry.LDAPHierarchical))},
				MarkdownDescription: "Where the directory keeps who is in which group. `STATIC`: a group's entry lists its members (`groupOfNames`). " +
					"`DYNAMIC`: a person's entry lists the groups (Active Directory's `memberOf`; OpenLDAP only with its memberof overlay). " +
					"`HIERARCHICAL`: the parts of a person's DN are the groups.",
			},
			"group_base_dn": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1), tfkit.SyntaxValidator("DN", directory.CheckDN)},
				MarkdownDescription: "Where groups are searched, relative to the base DN of the LDAP settings, such as `ou=groups`. Default: below that base DN itself.",
			},
			"group_name_attribute": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString("cn"), Validators: []validator.String{attribute},
				MarkdownDescription: "Attribute with a group's name. Default `cn`.",
			},
			"group_member_attribute": schema.StringAttribute{
				Required: true, Validators: []validator.String{attribute},
				MarkdownDescription: "`STATIC`: attribute of a group's entry with its members (`member`, `uniqueMember`). `DYNAMIC`: attribute of a person's entry " +
					"with their groups (`memberOf`). `HIERARCHICAL`: the attribute whose parts of a person's DN are groups (`ou`).",
			},
			"filter": schema.StringAttribute{
				Required: true, Validators: []validator.String{tfkit.SyntaxValidator("LDAP filter", directory.CheckFilter)},
				MarkdownDescription: "Filter (RFC 4515) that finds the groups, such as `(objectClass=groupOfNames)`.",
			},
			"description_attribute": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString("description"), Validators: []validator.String{attribute},
				MarkdownDescription: "Attribute with a group's description. Default `description`.",
			},
			"sub_tree": schema.BoolAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Whether groups are searched in the whole tree below the group base DN, and not only right below it. Default `true`, and `false` with " +
					"`HIERARCHICAL`, which does not go together with `true`.",
			},
			"force_attribute_search": flag(false, "Whether the attributes of groups are asked for by name, which some directories need. Default `false`."),
			"refresh_operation": schema.StringAttribute{
				Optional: true,
				Validators: []validator.String{stringvalidator.OneOf(
					string(registry.LDAPRefreshUpdate), string(registry.LDAPRefreshImport), string(registry.LDAPRefreshBoth))},
				MarkdownDescription: "What Artifactory does with the groups of the directory after these settings are made or changed (7.79.0 or newer): `UPDATE` those it knows, `IMPORT` " +
					"those it does not, or `UPDATE_AND_IMPORT`. A failure is a warning. Groups that are imported are not in the state, and stay when these " +
					"settings go. Default: nothing.",
			},
			"refresh_triggers": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Values of any meaning. When one changes, `refresh_operation` is done again.",
			},
		},
		Blocks: map[string]schema.Block{"timeouts": timeouts.Block(ctx, tfkit.TimeoutOpts("5m"))},
	}
}

func groupsIdentity() identityschema.Schema {
	return identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"server": tfkit.ServerIdentity(),
			"name":   identityschema.StringAttribute{RequiredForImport: true, Description: "Name of the LDAP group settings."},
		},
	}
}
