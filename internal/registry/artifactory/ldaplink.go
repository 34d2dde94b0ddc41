package artifactory

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// legacyGroupPath is the one API that can make a group of the realm ldap, or change the directory's group behind it (help:
// synchronize-ldap-groups-with-rest-api). It replaces the group.
const legacyGroupPath = "/artifactory/api/security/groups/{name}"

const realmLDAP = "ldap"

// linkText is how a group names the directory's group (help: synchronize-ldap-groups-with-rest-api).
func linkText(name string, link registry.LDAPGroupLink) string {
	return "ldapGroupName=" + name + ";groupsStrategy=" + string(link.Strategy) + ";groupDn=" + link.GroupDN
}

// ldapLink reads linkText. The DN comes last and may hold semicolons of its own; fields that are missing stay empty.
func ldapLink(realm, attributes string) *registry.LDAPGroupLink {
	if realm != realmLDAP {
		return nil
	}
	var link registry.LDAPGroupLink
	for rest := attributes; rest != ""; {
		if dn, last := strings.CutPrefix(rest, "groupDn="); last {
			link.GroupDN = dn
			break
		}
		var field string
		field, rest, _ = strings.Cut(rest, ";")
		if strategy, ok := strings.CutPrefix(field, "groupsStrategy="); ok {
			link.Strategy = registry.LDAPStrategy(strings.ToUpper(strategy))
		}
	}
	return &link
}

// createLDAP makes a group of the realm ldap. The request that does would replace a group of this name, so that one is
// looked for first; what the older API cannot say is said afterwards.
func (g groups) createLDAP(ctx context.Context, spec registry.GroupSpec) (registry.Group, error) {
	op, object := "create", groupObject(spec.Name)
	switch _, err := g.get(ctx, spec.Name); {
	case err == nil:
		return registry.Group{}, &registry.Error{Kind: registry.KindConflict, Op: op, Object: object, Message: "there is a group of this name already"}
	case !registry.IsNotFound(err):
		return registry.Group{}, err
	}
	body := map[string]any{"name": spec.Name, "description": spec.Description}
	if err := g.putLDAP(ctx, op, transport.Create, spec.Name, *spec.Artifactory.LDAP, body); err != nil {
		return registry.Group{}, err
	}
	patch := *spec.Artifactory
	patch.LDAP = nil
	if patch != (registry.ArtifactoryGroupPatch{}) {
		updated, err := g.Update(ctx, spec.Name, registry.GroupSpec{Name: spec.Name, Description: spec.Description, Artifactory: &patch})
		if err != nil {
			return registry.Group{ID: spec.Name, Name: spec.Name, Artifactory: &registry.ArtifactoryGroup{Realm: realmLDAP, LDAP: spec.Artifactory.LDAP}}, err
		}
		return updated, nil
	}
	return g.get(ctx, spec.Name)
}

// link makes a group stand for another group of a directory, or for one at all. Everything else about it goes back as it
// came, members included. The older API does not know all roles; those that it may have dropped are returned.
func (g groups) link(ctx context.Context, name string, link registry.LDAPGroupLink) (registry.ArtifactoryGroupPatch, error) {
	var roles registry.ArtifactoryGroupPatch
	before, err := g.get(ctx, name)
	if err != nil {
		return roles, err
	}
	current := map[string]any{}
	err = g.c.Do(ctx, transport.Request{
		Op: "read", Object: groupObject(name), Method: http.MethodGet, Path: legacyGroupPath,
		Params: map[string]string{"name": name}, Query: url.Values{"includeUsers": {"true"}},
	}, &current)
	if err != nil {
		return roles, err
	}
	had := before.Artifactory.Roles
	for field, value := range map[**bool]bool{
		&roles.PolicyViewer: had.PolicyViewer, &roles.ManageResources: had.ManageResources, &roles.ManageWebhook: had.ManageWebhook,
	} {
		if value {
			*field = &value
		}
	}
	return roles, g.putLDAP(ctx, "update", transport.Idempotent, name, link, current)
}

func (g groups) putLDAP(ctx context.Context, op string, class transport.Class, name string, link registry.LDAPGroupLink, body map[string]any) error {
	body["realm"], body["realmAttributes"] = realmLDAP, linkText(name, link)
	return g.c.Do(ctx, transport.Request{
		Op: op, Object: groupObject(name), Class: class, Method: http.MethodPut, Path: legacyGroupPath,
		Params: map[string]string{"name": name}, Body: body, EmptyOK: true,
	}, nil)
}
