package permission

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

const actionsText = "The actions are the registry's own words, in lower case: `read`, `annotate`, `write`, `delete`, `manage`, `scan`, `execute` and " +
	"`distribute` on Artifactory; `read`, `write`, `delete`, `admin` on Artifact Keeper, where `admin` implies the rest and `write` does not imply `read`."

func resourceSchema(ctx context.Context) schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Grants users and groups actions on repositories.\n\n" +
			"On **Artifactory** it is a named permission target over one or more repositories, and this resource owns all of it: " +
			"what others add to it is removed again.\n\n" +
			"On **Artifact Keeper** it is the set of rules of one repository: `name` is the repository's key and `repositories` names " +
			"it again. This resource owns every rule of the repository unless `additive` is true. The first rule on a private " +
			"repository changes who can read it: from then on only principals with a rule can.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:      true,
				Description:   "The permission's name on Artifactory, the repository's UUID on Artifact Keeper.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"name": schema.StringAttribute{
				Required: true,
				Description: "Name of the permission, up to 255 characters; on Artifact Keeper the key of the repository. Changing it " +
					"replaces the permission.",
				Validators:    []validator.String{stringvalidator.LengthBetween(1, 255)},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"repositories": schema.SetAttribute{
				Required:    true,
				ElementType: types.StringType,
				MarkdownDescription: "Keys of the repositories. Artifactory also knows `ANY LOCAL`, `ANY REMOTE` and `ANY DISTRIBUTION`, and accepts an " +
					"empty set for a permission that has other sections only. On Artifact Keeper exactly the key given as `name`.",
				Validators: []validator.Set{setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
			},
			"users":  principalMap("User names and what each may do on the repositories."),
			"groups": principalMap("Group names and what each may do on the repositories."),
			"additive": schema.BoolAttribute{
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(false),
				MarkdownDescription: "Artifact Keeper only: manage the rules of the named users and groups and leave all others on the repository " +
					"alone, so that several configurations can share a repository. Default `false`.",
			},
			"artifactory": schema.SingleNestedAttribute{
				Optional: true,
				MarkdownDescription: "What only Artifactory's permission targets have. A section left out is removed when somebody else made it. Giving " +
					"this on Artifact Keeper is an error.",
				Attributes: map[string]schema.Attribute{
					"include_patterns": patterns("Path patterns (Ant style) within the repositories that are granted. Default `[\"**\"]`, everything."),
					"exclude_patterns": patterns("Path patterns that are not granted. Default: none."),
					"builds":           section("Grants on builds; the target is a build-info repository, one only.", 1),
					"release_bundles":  section("Grants on release bundles; the target is a release-bundle repository.", 0),
					"destinations":     section("Grants on distribution destinations; the target is `*`.", 0),
					"pipeline_sources": section("Grants on pipeline sources; the target is `*`.", 0),
				},
			},
		},
		Blocks: map[string]schema.Block{"timeouts": timeouts.Block(ctx, tfkit.TimeoutOpts("5m"))},
	}
}

func principalMap(text string) schema.MapAttribute {
	return schema.MapAttribute{
		Optional:            true,
		ElementType:         tfkit.StringSetMapType.ElemType,
		MarkdownDescription: text + " " + actionsText + " Left out or empty: nobody.",
	}
}

func patterns(text string) schema.SetAttribute {
	return schema.SetAttribute{
		Optional: true, ElementType: types.StringType, MarkdownDescription: text,
		Validators: []validator.Set{setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
	}
}

// section is a resource type of a permission target; most limits the number of targets, 0 does not.
func section(text string, most int) schema.SingleNestedAttribute {
	targets := []validator.Set{setvalidator.SizeAtLeast(1)}
	if most > 0 {
		targets = append(targets, setvalidator.SizeAtMost(most))
	}
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: text,
		Attributes: map[string]schema.Attribute{
			"targets": schema.SetAttribute{
				Required: true, ElementType: types.StringType, Description: "What is granted on.", Validators: targets,
			},
			"include_patterns": patterns("Path patterns that are granted. Default `[\"**\"]`, everything."),
			"exclude_patterns": patterns("Path patterns that are not granted. Default: none."),
			"users":            principalMap("User names and what each may do."),
			"groups":           principalMap("Group names and what each may do."),
		},
	}
}

func identitySchema() identityschema.Schema {
	return identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"server": tfkit.ServerIdentity(),
			"name": identityschema.StringAttribute{
				RequiredForImport: true,
				Description:       "Name of the permission; on Artifact Keeper the key of the repository.",
			},
		},
	}
}
