package token

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// NewClaimsFunction makes provider::registry::token_claims.
func NewClaimsFunction() function.Function { return &claimsFunction{} }

type claimsFunction struct{}

var (
	_ function.Function                    = (*claimsFunction)(nil)
	_ tfkit.ModelToTerraform[types.Object] = claims{}
)

var claimsTypes = map[string]attr.Type{
	"subject": types.StringType, "username": types.StringType, "token_id": types.StringType, "issuer": types.StringType,
	"audience": types.ListType{ElemType: types.StringType}, "scopes": types.ListType{ElemType: types.StringType},
	"issued_at": types.StringType, "expires_at": types.StringType, "revocable": types.BoolType,
}

// Metadata implements function.Function.
func (f *claimsFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "token_claims"
}

// Definition implements function.Function.
func (f *claimsFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Read the claims of a JWT",
		MarkdownDescription: "Reads what a JWT, such as an access token of Artifactory, says about itself. The payload is decoded as base64url, " +
			"which Terraform's `base64decode` is not. The signature is **not** verified, so never decide on rights by the result.\n\n" +
			"The result has `subject`, `username` (out of the subject, null if it names none), `token_id`, `issuer`, `audience` and `scopes` " +
			"(lists), `issued_at` and `expires_at` (RFC 3339, null if absent) and `revocable` (null if not told). Reference tokens and opaque " +
			"tokens have no claims and are an error. A sensitive token makes the result sensitive.",
		Parameters: []function.Parameter{
			function.StringParameter{Name: "jwt", MarkdownDescription: "The token."},
		},
		Return: function.ObjectReturn{AttributeTypes: claimsTypes},
	}
}

// Run implements function.Function.
func (f *claimsFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var jwt string
	if resp.Error = req.Arguments.Get(ctx, &jwt); resp.Error != nil {
		return
	}
	parsed, err := parseClaims(jwt)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, "Cannot read the token's claims: "+err.Error())
		return
	}
	object, diags := parsed.ToTerraform(ctx)
	if resp.Error = function.FuncErrorFromDiags(ctx, diags); resp.Error != nil {
		return
	}
	resp.Error = resp.Result.Set(ctx, object)
}

// ToTerraform implements tfkit.ModelToTerraform.
func (c claims) ToTerraform(ctx context.Context) (types.Object, diag.Diagnostics) {
	audience, diags := types.ListValueFrom(ctx, types.StringType, append([]string{}, c.Audience...))
	scopes, d := types.ListValueFrom(ctx, types.StringType, append([]string{}, c.Scopes...))
	diags.Append(d...)
	object, d := types.ObjectValue(claimsTypes, map[string]attr.Value{
		"subject": types.StringValue(c.Subject), "username": tfkit.StringOrNull(c.Username),
		"token_id": tfkit.StringOrNull(c.TokenID), "issuer": tfkit.StringOrNull(c.Issuer),
		"audience": audience, "scopes": scopes,
		"issued_at": tfkit.TimeOrNull(c.IssuedAt), "expires_at": tfkit.TimeOrNull(c.ExpiresAt),
		"revocable": types.BoolPointerValue(c.Revocable),
	})
	diags.Append(d...)
	return object, diags
}
