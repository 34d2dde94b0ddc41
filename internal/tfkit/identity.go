package tfkit

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// ServerIdentity is the part that every identity has: the URL of the server the object lives on. It is optional for an
// import and then means the provider's own.
func ServerIdentity() identityschema.StringAttribute {
	return identityschema.StringAttribute{
		OptionalForImport: true,
		Description: "URL of the registry that the object lives on. Left out in an import, it is the provider's url; given, it " +
			"must be the provider's url.",
	}
}

// SetIdentityOnce sets an object's identity unless it has one. An identity names an object for ever, so the server's URL
// in it stays even when the server moves. Every Read must call it: framework 1.19 wants an identity on old CLIs too.
func SetIdentityOnce(ctx context.Context, identity *tfsdk.ResourceIdentity, value any) diag.Diagnostics {
	if identity == nil || !identity.Raw.IsFullyNull() {
		return nil
	}
	return identity.Set(ctx, value)
}

// ImportKey gives what the user imports by: the id string, or the named attribute of the identity after checking that
// the identity is one of this server.
func (c *Client) ImportKey(ctx context.Context, id string, identity *tfsdk.ResourceIdentity, attribute string, diags *diag.Diagnostics) string {
	if id != "" || identity == nil {
		return id
	}
	var server, key types.String
	diags.Append(identity.GetAttribute(ctx, path.Root("server"), &server)...)
	diags.Append(identity.GetAttribute(ctx, path.Root(attribute), &key)...)
	if diags.HasError() {
		return ""
	}
	c.checkServer(server, diags)
	return key.ValueString()
}

func (c *Client) checkServer(server types.String, diags *diag.Diagnostics) {
	if !IsSet(server) || server.ValueString() == "" || !c.Configured() {
		return
	}
	url, err := registry.NormalizeURL(server.ValueString())
	if err != nil {
		diags.AddAttributeError(path.Root("server"), "Invalid server in the identity", sentence(err.Error()))
		return
	}
	if url != c.ServerURL() && url != c.Data.PreviousURL {
		diags.AddAttributeError(path.Root("server"), "The identity is of another server",
			fmt.Sprintf("It names an object on %s, and the provider is configured for %s. Import it with a provider that points "+
				"at its own server.", url, c.ServerURL()))
	}
}
