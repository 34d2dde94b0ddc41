package token

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// mintAttempts bounds how often a token is minted again after a lost answer.
const mintAttempts = 3

// minter mints tokens safely: it knows who may have one, and never leaves one behind whose secret got lost. The
// resource and its ephemeral twin share it.
type minter struct {
	reg        *registry.Registry
	allowAdmin bool
}

// owner finds the account that a token shall be minted for and applies the safety rules of registry_identity once more:
// a mistake in a template must not be enough to mint an administrator's token.
func (m minter) owner(ctx context.Context, username string, scopes registry.Scopes, diags *diag.Diagnostics) (registry.User, bool) {
	if !m.scopesAllowed(ctx, scopes, diags) {
		return registry.User{}, false
	}
	user, err := m.reg.Users.FindByUsername(ctx, username)
	if registry.IsNotFound(err) {
		if _, onlyGroups := scopes.Groups(); onlyGroups && m.reg.Server.Type == registry.Artifactory {
			return m.transient(ctx, username, diags)
		}
		diags.AddAttributeError(path.Root("username"), "No such user",
			fmt.Sprintf("%s at %s has no user %q, so no token was minted. Create the account first, or correct the name.",
				m.reg.Server.Type.Title(), m.reg.Server.URL, username))
		return registry.User{}, false
	}
	if err != nil {
		tfkit.AddError(diags, fmt.Sprintf("Cannot look up user %q", username), err)
		return registry.User{}, false
	}
	if err := registry.Eligible(user, m.allowAdmin); err != nil {
		diags.AddAttributeError(path.Root("username"), fmt.Sprintf("No token for user %q", user.Username),
			refusal(err)+" No token was minted.")
		return registry.User{}, false
	}
	return user, true
}

// transient is a subject without an account, whose rights are those of the groups. Artifactory folds the case of names, so
// one that it would write otherwise might be somebody's account after all. A token for an account that is there would pass
// by everything that its owner is checked for, so that there is none is asked in another way too: the list must not have it.
func (m minter) transient(ctx context.Context, username string, diags *diag.Diagnostics) (registry.User, bool) {
	if err := registry.CheckUsername(m.reg.Server.Type, username); err != nil {
		diags.AddAttributeError(path.Root("username"), "Invalid name for a token without an account",
			fmt.Sprintf("%q cannot be the subject of a token: %s. No token was minted.", username, err))
		return registry.User{}, false
	}
	if registry.IsBuiltIn(m.reg.Server.Type, username) {
		diags.AddAttributeError(path.Root("username"), fmt.Sprintf("No token for user %q", username),
			"The name belongs to a service of the registry. No token was minted.")
		return registry.User{}, false
	}
	for user, err := range m.reg.Users.List(ctx, registry.UserFilter{Contains: username}) {
		if err != nil {
			tfkit.AddError(diags, fmt.Sprintf("Cannot tell whether there is a user %q", username), err, path.Root("username"))
			return registry.User{}, false
		}
		if strings.EqualFold(user.Username, username) {
			diags.AddAttributeError(path.Root("username"), fmt.Sprintf("Cannot tell whether there is a user %q", username),
				fmt.Sprintf("%s at %s answered that there is no user %q, and lists the user %q. No token was minted. Look into the "+
					"registry's log, and check that nothing in front of it answers in its place.",
					m.reg.Server.Type.Title(), m.reg.Server.URL, username, user.Username))
			return registry.User{}, false
		}
	}
	return registry.User{Username: username}, true
}

func refusal(err error) string {
	switch {
	case errors.Is(err, registry.ErrAdministrator):
		return "The account is an administrator, and a workspace must not hold an administrator's token. If this is intended, " +
			"set allow_admin_tokens = true in the provider block, which belongs to the platform team."
	case errors.Is(err, registry.ErrDisabled):
		return "The account is disabled. Enable it first."
	case errors.Is(err, registry.ErrServiceAccount):
		return "The account is a service account; this provider mints tokens for people."
	default:
		return err.Error() + "."
	}
}

// scopesAllowed refuses scopes that are not known to be harmless, whoever the owner is.
func (m minter) scopesAllowed(ctx context.Context, scopes registry.Scopes, diags *diag.Diagnostics) bool {
	if m.allowAdmin {
		return true
	}
	if denied := unsafeScope(m.reg.Server.Type, scopes); denied != nil {
		diags.Append(denied)
		return false
	}
	groups, _ := scopes.Groups()
	return len(groups) == 0 || m.groupsAllowed(ctx, groups, diags)
}

// groupsAllowed refuses groups that are missing and groups whose members are administrators. Whether Artifactory folds the
// case of groups in a scope is not established, so groups of another spelling count as well.
func (m minter) groupsAllowed(ctx context.Context, named []string, diags *diag.Diagnostics) bool {
	asked := slices.Clone(named)
	for group, err := range m.reg.Groups.List(ctx, registry.GroupFilter{}) {
		if err != nil {
			tfkit.AddError(diags, "Cannot look for groups of another spelling", err, path.Root("scopes"))
			return false
		}
		if !slices.Contains(asked, group.Name) && slices.ContainsFunc(named, func(name string) bool { return strings.EqualFold(name, group.Name) }) {
			asked = append(asked, group.Name)
		}
	}
	for _, name := range asked {
		group, err := m.reg.Groups.FindByName(ctx, name)
		switch {
		case registry.IsNotFound(err):
			diags.AddAttributeError(path.Root("scopes"), "No such group",
				fmt.Sprintf("A scope names the group %q, which does not exist, so no token was minted.", name))
			return false
		case err != nil:
			tfkit.AddError(diags, fmt.Sprintf("Cannot look up group %q", name), err, path.Root("scopes"))
			return false
		case group.Artifactory == nil || group.Artifactory.AdminPrivileges:
			diags.Append(scopeError(fmt.Sprintf("A scope names the group %q, whose members are administrators.", name)))
			return false
		}
	}
	return true
}

// unsafeScope is the error for the first scope that is not known to be harmless; nil when there is none.
func unsafeScope(server registry.Type, scopes registry.Scopes) diag.Diagnostic {
	scope, reason, found := scopes.Unsafe(server)
	if !found {
		return nil
	}
	return scopeError(fmt.Sprintf("The scope %q may carry administrator rights on %s: %s.", scope, server.Title(), reason))
}

func scopeError(reason string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("scopes"), "No token with administrator rights",
		reason+" A workspace must not hold such a token. If this is intended, set allow_admin_tokens = true in the provider "+
			"block, which belongs to the platform team.")
}

// mint creates a token. When the answer is lost, the token may exist although nobody has its secret: it is found by its
// nonce and revoked before another one is minted. Repeating the request alone would leave it behind.
func (m minter) mint(ctx context.Context, spec registry.TokenSpec, description, key string) (registry.MintedToken, error) {
	var lost error
	for range mintAttempts {
		l := newLabel(description, key)
		spec.Label = l.text(m.reg.Capabilities.TokenLabelLength)
		minted, err := m.reg.Tokens.Mint(ctx, spec)
		if !tfkit.ResponseLost(err) {
			return minted, err
		}
		lost = err
		if err := m.revokeLost(ctx, spec, l); err != nil {
			return registry.MintedToken{}, &registry.Error{
				Kind: registry.KindUncertain, Op: "mint a token for", Object: fmt.Sprintf("user %q", spec.Username), Err: err,
				Message: "the answer was lost and the registry could not be asked for the token",
				Hint: fmt.Sprintf("If the registry made the token, its label holds %q; nobody has its secret. The next apply with "+
					"the same idempotency_key revokes it, otherwise it lapses by itself or can be revoked by hand", l.nonceTag()),
			}
		}
		if ctx.Err() != nil {
			break
		}
	}
	return registry.MintedToken{}, lost
}

func (m minter) revokeLost(ctx context.Context, spec registry.TokenSpec, l label) error {
	ctx, cancel := tfkit.CleanupContext(ctx)
	defer cancel()
	for range 2 { // that there is none is believed on the second look
		tokens, err := m.reg.Tokens.List(ctx, registry.TokenFilter{
			UserID: spec.UserID, Username: spec.Username, LabelContains: l.nonceTag(),
		})
		if err != nil {
			return err
		}
		for _, token := range tokens {
			if err := m.reg.Tokens.Revoke(ctx, spec.UserID, token.ID); err != nil && !registry.IsNotFound(err) {
				return err
			}
		}
		if len(tokens) > 0 {
			break
		}
	}
	return nil
}

// settle learns what the registry made of a minted token: whether it stored it, and until when it lives. With a key it
// also revokes what killed runs left behind, by the same list request: tokens of the key that were never used, since
// nobody ever received them.
//
// The token that this one replaces cannot be told apart from them by its id. No version of the plugin framework hands a
// create what the plan knew of its predecessor. It is mostly gone by now; with create_before_destroy it is still there,
// and spared if it was used.
func (m minter) settle(ctx context.Context, ownerID string, minted registry.MintedToken, key string) (stored *registry.Token, err error) {
	if key == "" {
		return m.stored(ctx, ownerID, minted.ID)
	}
	tokens, err := m.reg.Tokens.List(ctx, registry.TokenFilter{
		UserID: ownerID, Username: minted.Username, LabelContains: keyTag(key),
	})
	if err != nil {
		return nil, err
	}
	for _, token := range tokens {
		switch {
		case token.ID == minted.ID:
			stored = &token
		case !token.LastUsedAt.IsZero():
		default:
			if revokeErr := m.reg.Tokens.Revoke(ctx, ownerID, token.ID); revokeErr != nil && !registry.IsNotFound(revokeErr) {
				err = errors.Join(err, revokeErr)
			}
		}
	}
	if stored == nil && err == nil { // what the list lacks is asked for
		return m.stored(ctx, ownerID, minted.ID)
	}
	return stored, err
}

// stored is what the registry keeps of a token; nil when it says that it keeps nothing.
func (m minter) stored(ctx context.Context, ownerID, id string) (*registry.Token, error) {
	token, err := m.reg.Tokens.Get(ctx, ownerID, id)
	if registry.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &token, nil
}
