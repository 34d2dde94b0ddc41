package oidc

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

func checkClaims(text string) error {
	var claims map[string]any
	if json.Unmarshal([]byte(text), &claims) != nil || len(claims) == 0 {
		return errors.New("it must be a JSON object with at least one claim: without any, every token of the issuer would do")
	}
	return nil
}

func mappingSchema(ctx context.Context) schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Which tokens of a `registry_oidc_provider` are exchanged, and for what. Of the mappings that fit a token, the one with the lowest `priority` counts.\n\n" +
			"Artifactory gives a token of the user or the groups in the `artifactory` block. Artifact Keeper has one account for each mapping (`username`), which starts without any " +
			"right: grant it something with `registry_permission`. In practice that account serves one subject (`sub`): a second one that fits the same mapping is refused with HTTP 409, so give each its own mapping.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{Computed: true, PlanModifiers: keepText, Description: "What the registry addresses the mapping by: its name on Artifactory, a UUID on Artifact Keeper."},
			"provider_id": schema.StringAttribute{
				Required: true, PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()}, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "The `id` of the `registry_oidc_provider`. Changing it replaces the mapping.",
			},
			"name": schema.StringAttribute{
				Required: true, Validators: []validator.String{stringvalidator.LengthBetween(1, 255), tfkit.SyntaxValidator("name", registry.CheckObjectName)},
				MarkdownDescription: "Name of the mapping. Changing it replaces the mapping on Artifactory; Artifact Keeper renames in place.",
			},
			"priority": schema.Int64Attribute{
				Required: true, Validators: []validator.Int64{int64validator.Between(1, 1<<31-1)}, MarkdownDescription: "Rank of the mapping from 1; the lowest that fits counts.",
			},
			"claims": schema.StringAttribute{
				Required: true, CustomType: jsontypes.NormalizedType{}, Validators: []validator.String{tfkit.SyntaxValidator("set of claims", checkClaims)},
				MarkdownDescription: "What a token must say: a JSON object from claim to value, such as `jsonencode({ repository = \"acme/app\" })`. On Artifact Keeper a list means any of its values.",
			},
			"username": schema.StringAttribute{
				Computed: true, PlanModifiers: keepText,
				MarkdownDescription: "Account behind the mapping on Artifact Keeper, which exists from the first exchange on; null on Artifactory.",
			},
			"artifactory": schema.SingleNestedAttribute{
				Optional: true, Computed: true, PlanModifiers: []planmodifier.Object{objectplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "The token that Artifactory gives. Required there, and an error on Artifact Keeper.",
				Attributes: map[string]schema.Attribute{
					"description": optionalText("Free text. Default: none."),
					"project_key": optionalText("Key of the project that the mapping belongs to. Default: none, it is global."),
					"username": schema.StringAttribute{
						Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1), stringvalidator.ConflictsWith(path.MatchRelative().AtParent().AtName("username_pattern"))},
						MarkdownDescription: "User whom the token belongs to. Conflicts with `username_pattern`.",
					},
					"username_pattern": optionalText("User whom the token belongs to, with claims in double braces such as `{{sub}}`."),
					"groups_pattern":   optionalText("Groups whose rights the token has, with claims in double braces."),
					"scope":            optionalText("Scope of the token, such as `applied-permissions/user` or `applied-permissions/groups:ci`."),
					"audience": schema.StringAttribute{
						Optional: true, Computed: true, Default: stringdefault.StaticString("*@*"), Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
						MarkdownDescription: "Services that accept the token. Default `*@*`, all.",
					},
					"expires_in": schema.StringAttribute{
						Optional: true, Computed: true, CustomType: tfkit.DurationType{}, Default: stringdefault.StaticString("60s"),
						MarkdownDescription: "How long the token lives, as a duration such as `10m`. Default `60s`.",
					},
				},
			},
			"artifact_keeper": schema.SingleNestedAttribute{
				Optional: true, Computed: true, PlanModifiers: []planmodifier.Object{objectplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "What only Artifact Keeper's mappings have.",
				Attributes: map[string]schema.Attribute{
					"enabled": flag(true, "Whether the mapping works. Default `true`."),
					"allowed_repositories": schema.SetAttribute{
						Optional: true, ElementType: types.StringType, Validators: []validator.Set{setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
						MarkdownDescription: "Keys of the repositories that the token may be used for; `[]` means none. Default: all that the account has rights on. Artifact Keeper cannot lift a limit, so taking it " +
							"away replaces the mapping.",
					},
				},
			},
		},
		Blocks: map[string]schema.Block{"timeouts": timeouts.Block(ctx, tfkit.TimeoutOpts("5m"))},
	}
}
