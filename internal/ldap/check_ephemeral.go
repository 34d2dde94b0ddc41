package ldap

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/directory"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// NewCheck makes the ephemeral registry_ldap_check.
func NewCheck() ephemeral.EphemeralResource { return &check{} }

type check struct{ tfkit.EphemeralResource }

var _ ephemeral.EphemeralResourceWithConfigure = (*check)(nil)

type checkModel struct {
	URL                types.String `tfsdk:"url"`
	BaseDN             types.String `tfsdk:"base_dn"`
	SearchBases        types.Set    `tfsdk:"search_bases"`
	SearchFilter       types.String `tfsdk:"search_filter"`
	SearchSubTree      types.Bool   `tfsdk:"search_sub_tree"`
	UserDNPattern      types.String `tfsdk:"user_dn_pattern"`
	EmailAttribute     types.String `tfsdk:"email_attribute"`
	ManagerDN          types.String `tfsdk:"manager_dn"`
	ManagerPassword    types.String `tfsdk:"manager_password"`
	StartTLS           types.Bool   `tfsdk:"use_starttls"`
	InsecureSkipVerify types.Bool   `tfsdk:"insecure_skip_verify"`
	CACertificate      types.String `tfsdk:"ca_certificate"`
	GroupsAttribute    types.String `tfsdk:"groups_attribute"`
	GroupBaseDN        types.String `tfsdk:"group_base_dn"`
	GroupFilter        types.String `tfsdk:"group_filter"`
	Username           types.String `tfsdk:"username"`
	Password           types.String `tfsdk:"password"`
	Settings           types.String `tfsdk:"ldap_settings"`
	DN                 types.String `tfsdk:"dn"`
	Email              types.String `tfsdk:"email"`
	Groups             types.Set    `tfsdk:"groups"`
	RegistrySuccess    types.Bool   `tfsdk:"registry_success"`
	RegistryMessage    types.String `tfsdk:"registry_message"`
}

// Metadata implements ephemeral.EphemeralResource.
func (c *check) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_ldap_check"
}

// Schema implements ephemeral.EphemeralResource.
func (c *check) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	text := func(description string, validators ...validator.String) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: validators}
	}
	secret := func(description string, validators ...validator.String) schema.StringAttribute {
		a := text(description, validators...)
		a.Sensitive = true
		return a
	}
	dn := tfkit.SyntaxValidator("DN", directory.CheckDN)
	resp.Schema = schema.Schema{
		MarkdownDescription: "Tries a directory before people do, in plan and in apply, and keeps nothing: no password reaches a plan or a state. Needs Terraform 1.10 or OpenTofu 1.11.\n\n" +
			"Two parties can answer, and each says so. **The machine that runs Terraform** binds with these settings and looks for `username` as a registry would: `dn`, `email` and `groups`. " +
			"**The registry** is asked to try stored settings itself, if `ldap_settings` names them and it can (Artifact Keeper): `registry_success` and `registry_message`. Whether the " +
			"registry reaches the directory from where it runs, only the second can tell.",
		Attributes: map[string]schema.Attribute{
			"url":     schema.StringAttribute{Required: true, Validators: []validator.String{tfkit.SyntaxValidator("LDAP URL", directory.CheckURL)}, MarkdownDescription: "Address of the directory, as in `registry_ldap_settings`."},
			"base_dn": schema.StringAttribute{Required: true, Validators: []validator.String{dn}, MarkdownDescription: "Where is searched, as in `registry_ldap_settings`."},
			"search_bases": schema.SetAttribute{
				Optional: true, ElementType: types.StringType, MarkdownDescription: "Where people are searched, relative to `base_dn`. Default: below `base_dn` itself.",
			},
			"search_filter":        text("Filter that finds the person, with `{0}` for `username`. Default `(uid={0})`, and no search with `user_dn_pattern`.", tfkit.SyntaxValidator("LDAP filter", directory.CheckUserFilter)),
			"search_sub_tree":      schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether the person is searched in the whole sub-tree rather than directly below the search bases. Default `true`."},
			"user_dn_pattern":      text("The person's DN relative to `base_dn`, with `{0}` for `username`, such as `uid={0},ou=people`, as Artifactory's settings have it: it signs in as them with `password` and reads their entry with their own rights. When that fails and `search_filter` is given, the search follows.", tfkit.SyntaxValidator("DN pattern", directory.CheckDNPattern), stringvalidator.AlsoRequires(path.MatchRoot("password"))),
			"email_attribute":      text("Attribute with the e-mail address. Default `mail`.", tfkit.SyntaxValidator("attribute name", directory.CheckAttribute)),
			"manager_dn":           text("DN to search as. Default: anonymously.", dn),
			"manager_password":     secret("Password of `manager_dn`.", stringvalidator.AlsoRequires(path.MatchRoot("manager_dn"))),
			"use_starttls":         schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether the connection is encrypted with StartTLS. Default `false`."},
			"insecure_skip_verify": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether any certificate is accepted. Default `false`."},
			"ca_certificate":       text("PEM certificates to trust besides the system's."),
			"groups_attribute":     text("Attribute of the person's entry with their groups. Default `memberOf`.", tfkit.SyntaxValidator("attribute name", directory.CheckAttribute)),
			"group_base_dn":        text("Full DN below which groups are searched. Needs `group_filter`.", dn, stringvalidator.AlsoRequires(path.MatchRoot("group_filter"))),
			"group_filter":         text("Filter that finds the groups whose entries list the person, with `{0}` for the person's DN, such as `(member={0})`. Needs `group_base_dn`.", tfkit.SyntaxValidator("LDAP filter", directory.CheckFilter), stringvalidator.AlsoRequires(path.MatchRoot("group_base_dn"))),
			"username":             schema.StringAttribute{Required: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)}, MarkdownDescription: "Name that the person to look for signs in with."},
			"password":             secret("Password of the person: given, it is tried whether they could sign in. Default: not tried.", stringvalidator.LengthAtLeast(1)),
			"ldap_settings":        text("Name of stored settings that the registry is asked to test itself. Artifact Keeper only; Artifactory has no such test."),
			"dn":                   schema.StringAttribute{Computed: true, Description: "DN of the person, seen from here."},
			"email":                schema.StringAttribute{Computed: true, Description: "E-mail address of the person, seen from here; null without one."},
			"groups":               schema.SetAttribute{Computed: true, ElementType: types.StringType, Description: "DNs of the person's groups, seen from here."},
			"registry_success":     schema.BoolAttribute{Computed: true, Description: "Whether the registry's own test succeeded; null when it was not asked."},
			"registry_message":     schema.StringAttribute{Computed: true, Description: "What the registry said about its own test; null when it was not asked."},
		},
	}
}

func orDefault(value types.String, fallback string) string {
	if value.ValueString() == "" {
		return fallback
	}
	return value.ValueString()
}

// Open implements ephemeral.EphemeralResource.
func (c *check) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var m checkModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	bases, diags := tfkit.Strings(ctx, m.SearchBases)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	filter := m.SearchFilter.ValueString()
	if m.UserDNPattern.ValueString() == "" {
		filter = orDefault(m.SearchFilter, keeperFilter)
	}
	person, err := directory.Look(ctx, directory.Query{
		URL: m.URL.ValueString(), BaseDN: m.BaseDN.ValueString(), SearchBases: bases, SearchFilter: filter,
		OneLevel: tfkit.IsSet(m.SearchSubTree) && !m.SearchSubTree.ValueBool(), UserDNPattern: m.UserDNPattern.ValueString(),
		ManagerDN: m.ManagerDN.ValueString(), ManagerPassword: registry.NewSecret(m.ManagerPassword.ValueString()), StartTLS: m.StartTLS.ValueBool(),
		InsecureSkipVerify: m.InsecureSkipVerify.ValueBool(), CACertificate: m.CACertificate.ValueString(), Username: m.Username.ValueString(),
		Password: registry.NewSecret(m.Password.ValueString()), GroupsAttribute: orDefault(m.GroupsAttribute, "memberOf"),
		GroupBaseDN: m.GroupBaseDN.ValueString(), GroupFilter: m.GroupFilter.ValueString(), EmailAttribute: orDefault(m.EmailAttribute, "mail"),
	})
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("The directory does not work for %q", m.Username.ValueString()), err)
		return
	}
	m.DN, m.Email = types.StringValue(person.DN), tfkit.StringOrNull(person.Email)
	if person.Groups == nil {
		person.Groups = []string{}
	}
	m.Groups, diags = tfkit.StringSet(ctx, person.Groups)
	resp.Diagnostics.Append(diags...)
	m.RegistrySuccess, m.RegistryMessage = types.BoolNull(), types.StringNull()
	if tfkit.IsSet(m.Settings) {
		c.ask(ctx, &m, resp)
	}
	resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
}

// ask has the registry test stored settings. Its no is an answer, not an error.
func (c *check) ask(ctx context.Context, m *checkModel, resp *ephemeral.OpenResponse) {
	reg := c.Client.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	stored, err := reg.LDAP.FindByName(ctx, m.Settings.ValueString())
	var result registry.ConnectionTest
	if err == nil {
		result, err = reg.LDAP.Test(ctx, stored.ID)
	}
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("The registry cannot test LDAP settings %q", m.Settings.ValueString()), err, path.Root("ldap_settings"))
		return
	}
	m.RegistrySuccess, m.RegistryMessage = types.BoolValue(result.Success), types.StringValue(result.Message)
	if !result.Success {
		resp.Diagnostics.AddAttributeWarning(path.Root("ldap_settings"), "The registry does not reach the directory",
			fmt.Sprintf("The directory works from here, but the registry's own test of %q failed: %s", m.Settings.ValueString(), result.Message))
	}
}
