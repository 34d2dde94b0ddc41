package user

import (
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// ownedFields are the fields that a directory or identity provider owns.
type ownedFields struct{ email, displayName, admin, enabled bool }

// rewritten tells which fields of an account its next sign-in rewrites, so that setting them would only start a fight
// between this provider and the directory. Artifact Keeper also re-activates such an account and re-derives whether it
// is an administrator; Artifactory leaves both alone.
func rewritten(server registry.Type, account registry.User) ownedFields {
	if !account.Federated() {
		return ownedFields{}
	}
	keeper := server == registry.ArtifactKeeper
	return ownedFields{email: true, displayName: true, admin: keeper, enabled: keeper}
}

// keepOwned restores in the model what state said about fields that a directory owns: their drift is not ours to show.
func (m *commonModel) keepOwned(server registry.Type, account registry.User, prior commonModel) {
	owned := rewritten(server, account)
	if owned.email && !prior.Email.IsNull() {
		m.Email = prior.Email
	}
	if owned.displayName && !prior.DisplayName.IsNull() {
		m.DisplayName = prior.DisplayName
	}
	if owned.admin && !prior.Admin.IsNull() {
		m.Admin = prior.Admin
	}
	if owned.enabled && !prior.Enabled.IsNull() {
		m.Enabled = prior.Enabled
	}
}
