package contract

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
)

// follow reads a list by its cursor until a page comes short, which is the only sign of the end that is documented.
func (l *large) follow(path, list, name string, limit int) []string {
	l.t.Helper()
	var names []string
	cursor := ""
	for {
		query := url.Values{"limit": {fmt.Sprint(limit)}}
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		var page map[string]any
		l.get(path+"?"+query.Encode(), &page)
		items, _ := page[list].([]any)
		for _, item := range items {
			object, _ := item.(map[string]any)
			names = append(names, fmt.Sprint(object[name]))
		}
		if len(items) < limit {
			return names
		}
		cursor, _ = page["cursor"].(string)
		if cursor == "" {
			l.t.Fatalf("%s: a full page without a cursor", path)
		}
	}
}

// TestArtifactoryPaging reads every list while objects come and go before, between and after the ones that stay. The
// cursors name the last item read and pages go on after it, so what stays is read exactly once.
func TestArtifactoryPaging(t *testing.T) {
	t.Parallel()
	l := startLarge(t, devregistry.Artifactory)
	for _, limit := range []int{7, 100, 1000, 99999} {
		l.meanwhile(l.comeAndGo, func() {
			l.exactlyOnce("users", l.users, l.follow("/access/api/v2/users", "users", "username", limit))
			l.exactlyOnce("groups", l.groups, l.follow("/access/api/v2/groups", "groups", "group_name", limit))
			l.exactlyOnce("permissions", l.permissions, l.follow("/access/api/v2/permissions", "permissions", "name", limit))
		})
	}
}

// TestArtifactoryTokensComeAtOnce reads the list that has no pages.
func TestArtifactoryTokensComeAtOnce(t *testing.T) {
	t.Parallel()
	l := startLarge(t, devregistry.Artifactory)
	l.meanwhile(l.mintAndRevoke, func() {
		for range 10 {
			var page struct {
				Tokens []struct {
					ID string `json:"token_id"`
				} `json:"tokens"`
			}
			l.get("/access/api/v1/tokens", &page)
			var ids []string
			for _, token := range page.Tokens {
				ids = append(ids, token.ID)
			}
			l.exactlyOnce("tokens", l.tokens, ids)
		}
	})
}

// comeAndGo makes and removes a user, a group and a permission somewhere in the order of names.
func (l *large) comeAndGo(ctx context.Context, n int) error {
	at := []int{0, 250, 499, 750, 999}[n%5]
	type call struct {
		method, path string
		body         any
	}
	user, group, permission := fmt.Sprintf("user-%04d-x", at), fmt.Sprintf("group-%04d-x", at/5), fmt.Sprintf("permission-%04d-x", at/2)
	if n%5 == 0 { // before everything else
		user, group, permission = "a-user", "a-group", "a-permission"
	}
	for _, c := range []call{
		{http.MethodPost, "/access/api/v2/users", map[string]any{
			"username": user, "email": user + "@example.com", "internal_password_disabled": true,
		}},
		{http.MethodPost, "/access/api/v2/groups", map[string]any{"name": group}},
		{http.MethodPost, "/access/api/v2/permissions", map[string]any{"name": permission, "resources": map[string]any{
			"artifact": map[string]any{"actions": map[string]any{}, "targets": map[string]any{"npm-private": map[string]any{}}},
		}}},
		{http.MethodDelete, "/access/api/v2/users/" + user, nil},
		{http.MethodDelete, "/access/api/v2/groups/" + group, nil},
		{http.MethodDelete, "/access/api/v2/permissions/" + permission, nil},
	} {
		if err := l.call(ctx, c.method, c.path, c.body, nil); err != nil {
			return err
		}
	}
	return nil
}

func (l *large) mintAndRevoke(ctx context.Context, n int) error {
	var minted struct {
		ID string `json:"token_id"`
	}
	err := l.call(ctx, http.MethodPost, "/access/api/v1/tokens", map[string]any{
		"username": l.users[n%manyUsers], "expires_in": 86400,
	}, &minted)
	if err != nil {
		return err
	}
	return l.call(ctx, http.MethodDelete, "/access/api/v1/tokens/"+minted.ID, nil, nil)
}
