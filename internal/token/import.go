package token

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// findImported resolves what a user imports by.
func findImported(ctx context.Context, reg *registry.Registry, username, id string) (registry.Token, origin, error) {
	from := origin{Imported: true}
	if username != "" {
		user, err := reg.Users.FindByUsername(ctx, username)
		switch {
		case registry.IsNotFound(err) && reg.Server.Type == registry.Artifactory:
			from.Username = username // a transient subject
		case err != nil:
			return registry.Token{}, from, err
		default:
			from.OwnerID, from.Username = user.ID, user.Username
		}
	} else if reg.Server.Type == registry.ArtifactKeeper {
		return registry.Token{}, from, errors.New("Artifact Keeper lists tokens by owner only. Import as USERNAME/ID")
	}
	token, err := reg.Tokens.Get(ctx, from.OwnerID, id)
	if err != nil {
		return token, from, err
	}
	if from.Username != "" && token.Username != "" && !registry.EqualFoldASCII(token.Username, from.Username) {
		return token, from, fmt.Errorf("the token belongs to user %q, not to %q", token.Username, from.Username)
	}
	if token.Username == "" {
		token.Username = from.Username
	}
	from.Username, from.MintedAt = token.Username, token.IssuedAt
	return token, from, nil
}

// importKey reads USERNAME/ID or the identity. Neither registry has a slash in token ids.
func (r *tokenResource) importKey(ctx context.Context, req resource.ImportStateRequest, diags *diag.Diagnostics) (username, id string) {
	if req.ID == "" {
		id = r.ImportKey(ctx, "", req.Identity, "id", diags)
		var name types.String
		if !diags.HasError() && req.Identity != nil {
			diags.Append(req.Identity.GetAttribute(ctx, path.Root("username"), &name)...)
		}
		return name.ValueString(), id
	}
	if cut := strings.LastIndex(req.ID, "/"); cut >= 0 {
		username, id = req.ID[:cut], req.ID[cut+1:]
	} else {
		id = req.ID
	}
	if id == "" {
		diags.AddError("Invalid import id", fmt.Sprintf("%q names no token. Import as USERNAME/ID, or by ID alone on Artifactory.", req.ID))
	}
	return username, id
}

// artifactoryTypes are the types of the nested attribute.
var artifactoryTypes = map[string]attr.Type{
	"refreshable": types.BoolType, "reference": types.BoolType, "audience": types.StringType,
	"project_key": types.StringType, "force_revocable": types.BoolType,
}

// nullModel is a state in which nothing is known; the nested types need their element types even then.
func nullModel() model {
	return model{
		Scopes:      types.SetNull(types.StringType),
		Keepers:     types.MapNull(types.StringType),
		Artifactory: types.ObjectNull(artifactoryTypes),
		Timeouts:    tfkit.NullTimeouts("create", "read", "delete"),
	}
}
