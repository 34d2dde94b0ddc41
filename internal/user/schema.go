package user

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// The values of deletion_policy.
const (
	policyDelete  = "delete"
	policyDisable = "disable"
	policyAbandon = "abandon"
)

// Schema implements resource.Resource.
func (r *userResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	keep := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "An account of the registry. It belongs in the platform team's configuration, never in a workspace " +
			"template: a template that creates users can create administrators.\n\n" +
			"Accounts of a directory or identity provider (`realm` other than `internal` or `local`) can be imported. Fields that " +
			"their next sign-in rewrites are neither sent nor shown as drift.",
		Attributes: map[string]schema.Attribute{
			"username": schema.StringAttribute{
				Required: true, PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
				Validators: []validator.String{stringvalidator.LengthBetween(1, 255)},
				MarkdownDescription: "Name of the account, unique on the registry. Artifactory accepts lower-case letters, digits and `. - _ @ +`. " +
					"Neither registry can rename an account, so changing it replaces the account.",
			},
			"email": schema.StringAttribute{
				Required: true, Validators: []validator.String{stringvalidator.LengthBetween(1, 255)},
				MarkdownDescription: "E-mail address, by which `registry_identity` verifies who the account belongs to. Unique on Artifact Keeper.",
			},
			"display_name": schema.StringAttribute{
				Optional: true, Computed: true, PlanModifiers: keep,
				Validators:          []validator.String{stringvalidator.LengthAtMost(255)},
				MarkdownDescription: "Name for people. Artifact Keeper only; an error on Artifactory, whose accounts have none.",
			},
			"password_wo": schema.StringAttribute{
				Optional: true, Sensitive: true, WriteOnly: true,
				Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "Password, write-only: sent to the registry and kept in no plan and no state. Sent when the account is created, and " +
					"later only when `password_wo_version` changes. Without it the account cannot be signed in to with a password. Not sent " +
					"to an account that is adopted or imported until the version is raised once more.",
			},
			"password_wo_version": schema.Int64Attribute{
				Optional: true,
				Validators: []validator.Int64{
					int64validator.AlsoRequires(path.MatchRoot("password_wo")),
				},
				MarkdownDescription: "Number of the password; raise it to have `password_wo` sent again. The first number after an import is taken as that of " +
					"the password the account already has. Artifact Keeper accepts five password changes in 15 minutes.",
			},
			"admin": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Whether the account itself is an administrator. Default `false`. Rights that come from a group are not shown here.",
			},
			"enabled": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(true),
				MarkdownDescription: "Whether the account may sign in and its tokens work. Default `true`.",
			},
			"deletion_policy": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(policyDelete),
				Validators: []validator.String{stringvalidator.OneOf(policyDelete, policyDisable, policyAbandon)},
				MarkdownDescription: "What destroying the resource does: `delete` removes the account with its tokens (the default), `disable` keeps it " +
					"disabled, `abandon` leaves it as it is.",
			},
			"adopt_existing": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Whether creating may take over an account of this name that exists already, and change what differs. Its password stays. " +
					"Default `false`: an existing account is an error.",
			},
			"artifactory": schema.SingleNestedAttribute{
				Optional: true, Computed: true, PlanModifiers: []planmodifier.Object{objectplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "What only Artifactory's accounts have. Flags that are left out keep the server's value. An error on any other registry.",
				Attributes: map[string]schema.Attribute{
					"profile_updatable":          flag("Whether the person may change the profile, API key included. Server default `true`."),
					"disable_ui_access":          flag("Whether signing in to the web interface is refused. Server default `false`."),
					"internal_password_disabled": flag("Whether signing in with an internal password is refused. Default: `true` for an account made without a password. Setting it from `true` to `false` needs `password_wo`."),
					"watch_manager":              flag("Role flag: may manage Xray watches. Needs 7.128.0."),
					"policy_viewer":              flag("Role flag: may see Xray policies. Needs 7.128.0."),
					"policy_manager":             flag("Role flag: may manage Xray policies. Needs 7.128.0."),
					"reports_manager":            flag("Role flag: may manage Xray reports. Needs 7.128.0."),
					"resources_manager":          flag("Role flag: may manage resources. Needs 7.128.0."),
				},
			},
			"id": schema.StringAttribute{
				Computed: true, PlanModifiers: keep,
				MarkdownDescription: "What the registry's API addresses the account by: the name on Artifactory, a UUID on Artifact Keeper.",
			},
			"realm": schema.StringAttribute{
				Computed: true, PlanModifiers: keep,
				MarkdownDescription: "Who owns the account: `internal` (Artifactory) or `local` (Artifact Keeper) for the registry itself, else the kind of " +
					"directory or identity provider, such as `ldap`, `saml` or `oidc`.",
			},
		},
		Blocks: map[string]schema.Block{
			"timeouts": timeouts.Block(ctx, tfkit.TimeoutOpts("5m")),
		},
	}
}

func flag(description string) schema.BoolAttribute {
	return schema.BoolAttribute{
		Optional: true, Computed: true, MarkdownDescription: description,
		PlanModifiers: []planmodifier.Bool{boolplanmodifier.UseNonNullStateForUnknown()},
	}
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *userResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"server":   tfkit.ServerIdentity(),
			"username": identityschema.StringAttribute{RequiredForImport: true, Description: "Name of the account."},
		},
	}
}
