package ldap

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry/directory"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

func settingsSchema(ctx context.Context) schema.Schema {
	notEmpty := []validator.String{stringvalidator.LengthAtLeast(1)}
	return schema.Schema{
		MarkdownDescription: "A directory (LDAP, Active Directory) whose people may sign in to the registry. Their accounts appear at their first " +
			"sign-in. Artifactory says how groups are read in `registry_ldap_group_settings`; on Artifact Keeper it is part of this.\n\n" +
			"On Artifact Keeper an enabled connection **closes local password sign-in for everybody but administrators**, and an account that was " +
			"made here before its owner's first sign-in refuses that sign-in (HTTP 409): people of the directory are not to be made with " +
			"`registry_user`.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed: true, PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
				Description: "What the registry addresses the settings by: their name on Artifactory, a UUID on Artifact Keeper.",
			},
			"name": schema.StringAttribute{
				Required: true, Validators: []validator.String{stringvalidator.LengthBetween(1, 255)},
				MarkdownDescription: "Name of the settings, unique on the registry. Artifactory calls it the key, and changing it there replaces the " +
					"settings; Artifact Keeper renames in place.",
			},
			"enabled": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(true),
				MarkdownDescription: "Whether people may sign in with this directory. Default `true`.",
			},
			"url": schema.StringAttribute{
				Required: true, Validators: []validator.String{tfkit.SyntaxValidator("LDAP URL", directory.CheckURL)},
				MarkdownDescription: "Address of the directory: `ldap://host:389` or `ldaps://host:636`, without a base DN. Artifact Keeper refuses " +
					"private addresses unless its `SSO_ALLOW_PRIVATE_IPS` or `AK_SSRF_ALLOW_PRIVATE_CIDRS` allows them.",
			},
			"base_dn": schema.StringAttribute{
				Required: true, Validators: []validator.String{tfkit.SyntaxValidator("DN", directory.CheckDN)},
				MarkdownDescription: "Where the registry searches: DN of the part of the directory that holds everything it needs, such as " +
					"`dc=example,dc=com`. Empty means the whole directory, which Artifact Keeper does not accept.",
			},
			"search_bases": schema.SetAttribute{
				Optional: true, ElementType: types.StringType,
				Validators: []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1), tfkit.SyntaxValidator("DN", directory.CheckDN))},
				MarkdownDescription: "Where people are searched, relative to `base_dn`, such as `ou=people`. Default: below `base_dn` itself. Artifact " +
					"Keeper searches in one place, so it takes at most one.",
			},
			"search_filter": schema.StringAttribute{
				Optional: true, Computed: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1), tfkit.SyntaxValidator("LDAP filter", directory.CheckUserFilter)},
				MarkdownDescription: "Filter (RFC 4515) that finds a person by the name they sign in with, which takes the place of `{0}`, such as " +
					"`(uid={0})` or, for Active Directory, `(sAMAccountName={0})`. Default on Artifact Keeper: `(uid={0})`; on Artifactory none, and then " +
					"`artifactory.user_dn_pattern` must be given.",
			},
			"email_attribute": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString("mail"),
				MarkdownDescription: "Attribute with a person's e-mail address. Default `mail`.",
			},
			"manager_dn": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1), tfkit.SyntaxValidator("DN", directory.CheckDN)},
				MarkdownDescription: "DN of the account that the registry searches with. Default: it searches anonymously. Artifact Keeper cannot forget " +
					"it, so taking it away replaces the settings there.",
			},
			"manager_password_wo": schema.StringAttribute{
				Optional: true, Sensitive: true, WriteOnly: true,
				Validators: append([]validator.String{stringvalidator.AlsoRequires(path.MatchRoot("manager_dn"))}, notEmpty...),
				MarkdownDescription: "Password of `manager_dn`, write-only: sent to the registry, never answered by it, and kept in no plan and no state. " +
					"Sent when the settings are made and when `manager_password_wo_version` or `manager_dn` changes. Artifactory replaces settings as a " +
					"whole and may forget a password that is left out, so there it goes along with every change and cannot be missing from one.",
			},
			"manager_password_wo_version": schema.Int64Attribute{
				Optional: true, Validators: []validator.Int64{int64validator.AlsoRequires(path.MatchRoot("manager_password_wo"))},
				MarkdownDescription: "Number of the password; raise it to have `manager_password_wo` sent again. The first number after an import is taken as " +
					"that of the password the registry already has.",
			},
			"artifactory":     artifactoryAttribute(),
			"artifact_keeper": keeperAttribute(),
		},
		Blocks: map[string]schema.Block{"timeouts": timeouts.Block(ctx, tfkit.TimeoutOpts("5m"))},
	}
}

func flag(fallback bool, text string) schema.BoolAttribute {
	return schema.BoolAttribute{
		Optional: true, Computed: true, Default: booldefault.StaticBool(fallback), MarkdownDescription: text,
	}
}

func artifactoryAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true, Computed: true, PlanModifiers: []planmodifier.Object{objectplanmodifier.UseStateForUnknown()},
		MarkdownDescription: "What only Artifactory's LDAP settings have (7.57.1 or newer). Left out as a whole, new settings get the defaults and " +
			"existing ones stay as they are. Giving this on Artifact Keeper is an error.",
		Attributes: map[string]schema.Attribute{
			"user_dn_pattern": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1), tfkit.SyntaxValidator("DN pattern", directory.CheckDNPattern)},
				MarkdownDescription: "DN of a person, relative to `base_dn`, in which the name they sign in with takes the place of `{0}`, such as " +
					"`uid={0},ou=people`. With it no search is needed. Default: none.",
			},
			"search_sub_tree":              flag(true, "Whether people are searched in the whole tree below the search bases, and not only right below them. Default `true`."),
			"auto_create_user":             flag(true, "Whether a person gets an account at their first sign-in. Default `true`. Without one they cannot own identity tokens."),
			"ldap_poisoning_protection":    flag(true, "Whether entries that could be used for LDAP poisoning are filtered out. Default `true`."),
			"allow_user_to_access_profile": flag(false, "Whether people of the directory may see their profile page. Default `false`."),
			"paging_support_enabled":       flag(true, "Whether results are asked for in pages, which the directory must support. Default `true`."),
		},
	}
}

func keeperAttribute() schema.SingleNestedAttribute {
	attribute := func(fallback, text string) schema.StringAttribute {
		return schema.StringAttribute{
			Optional: true, Computed: true, Default: stringdefault.StaticString(fallback),
			Validators: []validator.String{tfkit.SyntaxValidator("attribute name", directory.CheckAttribute)}, MarkdownDescription: text,
		}
	}
	sticky := " Artifact Keeper cannot forget it, so taking it away replaces the settings."
	return schema.SingleNestedAttribute{
		Optional: true, Computed: true, PlanModifiers: []planmodifier.Object{objectplanmodifier.UseStateForUnknown()},
		MarkdownDescription: "What only Artifact Keeper's LDAP settings have. Left out as a whole, new settings get the defaults and existing ones stay " +
			"as they are. Giving this on Artifactory is an error.",
		Attributes: map[string]schema.Attribute{
			"username_attribute":     attribute("uid", "Attribute with a person's user name. Default `uid`."),
			"display_name_attribute": attribute("cn", "Attribute with a person's name for people. Default `cn`."),
			"groups_attribute":       attribute("memberOf", "Attribute of a person's entry that lists their groups. Default `memberOf`."),
			"group_base_dn": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1), tfkit.SyntaxValidator("DN", directory.CheckDN)},
				MarkdownDescription: "Full DN below which groups are searched at sign-in. Default: none, and groups come from `groups_attribute` alone." + sticky,
			},
			"group_filter": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1), tfkit.SyntaxValidator("LDAP filter", directory.CheckFilter)},
				MarkdownDescription: "Filter (RFC 4515) that finds the groups of a person, in which `{0}` stands for the person." + sticky,
			},
			"admin_group_dn": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1), tfkit.SyntaxValidator("DN", directory.CheckDN)},
				MarkdownDescription: "DN of the group whose members are administrators; at each sign-in the right is given or taken. Default: sign-ins do not " +
					"touch it." + sticky,
			},
			"use_starttls":         flag(false, "Whether a connection to `ldap://` is encrypted before anything is sent (StartTLS). Default `false`."),
			"insecure_skip_verify": flag(false, "Whether any certificate of the directory is accepted. Default `false`. For experiments only."),
			"ca_certificate": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "Certificate of the CA that signed the directory's, as PEM text. The registry tells whether it has one and not which, so a " +
					"change behind Terraform's back goes unseen. Default: the CAs that its machine trusts.",
			},
			"priority": schema.Int64Attribute{
				Optional: true, Computed: true, Default: int64default.StaticInt64(0),
				MarkdownDescription: "Rank among several directories; lower numbers come first. Default `0`.",
			},
		},
	}
}

func settingsIdentity() identityschema.Schema {
	return identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"server": tfkit.ServerIdentity(),
			"name":   identityschema.StringAttribute{RequiredForImport: true, Description: "Name of the LDAP settings."},
		},
	}
}
