package connect_test

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// object is a whole answer to a look-up, in which some fields decide who may have a credential or what is there at all.
type object struct {
	name    string
	call    func(ctx, *registry.Registry) (int, error)
	whole   string
	decides []string // must be there, must not be null, must be of its type
	names   []string // must be those of the object that was asked for
}

func objects(keeper bool) []object {
	if keeper {
		return []object{
			{
				"user", func(c ctx, r *registry.Registry) (int, error) { return got(r.Users.Get(c, aID)) },
				`{"id":"` + aID + `","username":"alice","email":"a@example.com","display_name":null,"auth_provider":"local","is_active":true,"is_admin":false}`,
				[]string{"id", "username", "email", "auth_provider", "is_active", "is_admin"},
				[]string{"id"},
			},
			{
				"group", func(c ctx, r *registry.Registry) (int, error) { return got(r.Groups.Get(c, aID)) },
				`{"id":"` + aID + `","name":"readers","description":null,"external_source":null,"members":[],"members_total":0}`,
				[]string{"id", "name", "members", "members_total"},
				[]string{"id"},
			},
			{
				"repository", func(c ctx, r *registry.Registry) (int, error) { return got(r.Repositories.Get(c, "npm-local")) },
				`{"id":"` + aID + `","key":"npm-local","format":"npm","repo_type":"local"}`,
				[]string{"id", "key"},
				[]string{"key"},
			},
			{
				"LDAP settings", func(c ctx, r *registry.Registry) (int, error) { return got(r.LDAP.Get(c, aID)) },
				`{"id":"` + aID + `","name":"corp"}`,
				[]string{"id", "name"},
				[]string{"id"},
			},
			{
				"OIDC provider", func(c ctx, r *registry.Registry) (int, error) { return got(r.OIDCProviders.Get(c, aID, true)) },
				`{"id":"` + aID + `","name":"corp"}`,
				[]string{"id", "name"},
				[]string{"id"},
			},
			{
				"mapping", func(c ctx, r *registry.Registry) (int, error) { return got(r.OIDCMappings.Get(c, aPID, aID)) },
				`{"id":"` + aID + `","name":"m"}`,
				[]string{"id", "name"},
				[]string{"id"},
			},
		}
	}
	return []object{
		{
			"user", func(c ctx, r *registry.Registry) (int, error) { return got(r.Users.FindByUsername(c, "Alice")) },
			`{"username":"alice","email":"a@example.com","admin":false,"effective_admin":false,"status":"enabled","realm":"internal","groups":[]}`,
			[]string{"username", "admin", "status"},
			[]string{"username"},
		},
		{
			"user before 7.66", func(c ctx, r *registry.Registry) (int, error) { return got(r.Users.Get(c, "alice")) },
			`{"username":"alice","email":"a@example.com","admin":false,"status":"locked","groups":[]}`,
			[]string{"username", "admin", "status", "groups"},
			[]string{"username"},
		},
		{
			"group", func(c ctx, r *registry.Registry) (int, error) { return got(r.Groups.FindByName(c, "readers")) },
			`{"name":"readers","admin_privileges":false,"auto_join":false,"members":[]}`,
			[]string{"name", "admin_privileges"},
			[]string{"name"},
		},
		{
			"permission", func(c ctx, r *registry.Registry) (int, error) { return got(r.Permissions.Get(c, "readers")) },
			`{"name":"readers","resources":{}}`,
			[]string{"name", "resources"},
			[]string{"name"},
		},
		{
			"token", func(c ctx, r *registry.Registry) (int, error) { return got(r.Tokens.Get(c, "", aID)) },
			`{"token_id":"` + aID + `","subject":"jfac@01/users/alice"}`,
			[]string{"token_id"},
			[]string{"token_id"},
		},
		{
			"repository", func(c ctx, r *registry.Registry) (int, error) { return got(r.Repositories.Get(c, "npm-local")) },
			`{"key":"npm-local","rclass":"local","packageType":"npm"}`,
			[]string{"key"},
			[]string{"key"},
		},
		{
			"LDAP settings", func(c ctx, r *registry.Registry) (int, error) { return got(r.LDAP.Get(c, "corp")) },
			`{"key":"corp"}`,
			[]string{"key"},
			[]string{"key"},
		},
		{
			"LDAP group settings", func(c ctx, r *registry.Registry) (int, error) { return got(r.LDAPGroups.Get(c, "corp")) },
			`{"name":"corp"}`,
			[]string{"name"},
			[]string{"name"},
		},
		{
			"OIDC provider", func(c ctx, r *registry.Registry) (int, error) { return got(r.OIDCProviders.Get(c, "corp", false)) },
			`{"name":"corp"}`,
			[]string{"name"},
			[]string{"name"},
		},
		{
			"mapping", func(c ctx, r *registry.Registry) (int, error) { return got(r.OIDCMappings.Get(c, "corp", "m")) },
			`{"name":"m"}`,
			[]string{"name"},
			[]string{"name"},
		},
	}
}

// TestAnswersAboutAnotherObject: an answer that is about somebody else, or leaves out what decides, is neither the object nor
// its absence, and what it leaves out never passes for "no administrator" or "enabled".
func TestAnswersAboutAnotherObject(t *testing.T) {
	t.Parallel()
	for _, keeper := range []bool{false, true} {
		cells := 0
		for _, o := range objects(keeper) {
			ask := func(fields map[string]any) error {
				cells++
				text, err := json.Marshal(fields)
				if err != nil {
					t.Fatal(err)
				}
				_, err = o.call(t.Context(), opener(t, keeper, &play{status: 200, body: body{contentType: "application/json", text: string(text)}})())
				return err
			}
			var whole map[string]any
			if err := json.Unmarshal([]byte(o.whole), &whole); err != nil {
				t.Fatal(err)
			}
			if err := ask(whole); err != nil {
				t.Errorf("keeper=%t, %s: %v", keeper, o.name, err)
			}
			spoil := func(what, field string, value any) {
				spoilt := maps.Clone(whole)
				spoilt[field] = value
				if what == "without" {
					delete(spoilt, field)
				}
				if err := ask(spoilt); err == nil || registry.IsNotFound(err) {
					t.Errorf("keeper=%t, %s, %s %s: %v", keeper, o.name, what, field, err)
				}
			}
			for _, field := range o.decides {
				spoil("without", field, nil)
				spoil("null", field, nil)
				spoil("a number as", field, 0.5)
				if _, text := whole[field].(string); !text {
					spoil("text as", field, "false")
				}
			}
			if _, has := whole["status"]; has {
				spoil("unknown", "status", "suspended")
			}
			for _, field := range o.names {
				for _, other := range []any{"bob", "alice2", "alic", "alíce", aPID, ""} {
					spoil("another", field, other)
				}
			}
		}
		t.Logf("keeper=%t: %d answers", keeper, cells)
	}
}

// TestAdministratorsByGroupOfOlderServers: before 7.66 Artifactory does not say of the user that a group makes them one.
func TestAdministratorsByGroupOfOlderServers(t *testing.T) {
	t.Parallel()
	const groups = "/access/api/v2/groups/"
	for name, tc := range map[string]struct {
		groups map[string]string
		admin  bool
		fails  bool
	}{
		"by the second group": {map[string]string{"a": `{"name":"a","admin_privileges":false}`, "b": `{"name":"b","admin_privileges":true}`}, true, false},
		"by none":             {map[string]string{"a": `{"name":"a","admin_privileges":false}`, "b": `{"name":"b","admin_privileges":false}`}, false, false},
		"not said":            {map[string]string{"a": `{"name":"a","admin_privileges":false}`, "b": `{"name":"b"}`}, false, true},
		"of another group":    {map[string]string{"a": `{"name":"a","admin_privileges":false}`, "b": `{"name":"a","admin_privileges":false}`}, false, true},
	} {
		p := &play{status: 200, prelude: map[string]string{}, body: body{
			contentType: "application/json", text: `{"username":"alice","admin":false,"status":"enabled","groups":["a","b"]}`,
		}}
		for group, text := range tc.groups {
			p.prelude[groups+group] = text
		}
		user, err := opener(t, false, p)().Users.FindByUsername(t.Context(), "alice")
		if (err != nil) != tc.fails || user.Admin != tc.admin || registry.IsNotFound(err) {
			t.Errorf("%s: admin=%t %v", name, user.Admin, err)
		}
	}
}

// TestGrantsOnAnotherRepository: a list that was answered without regard to its filter is not this repository's.
func TestGrantsOnAnotherRepository(t *testing.T) {
	t.Parallel()
	row := func(target string) string {
		return `{"items":[{"id":"` + aPID + `","principal_type":"user","principal_id":"` + aPID + `","principal_name":"bob","target_type":"repository","target_id":"` +
			target + `","actions":["read"]}],"pagination":{"page":1,"per_page":100,"total":1,"total_pages":1}}`
	}
	for target, fails := range map[string]bool{aID: false, aPID: true} {
		p := &play{status: 200, body: body{contentType: "application/json", text: row(target)}, prelude: map[string]string{
			"/api/v1/repositories/npm-local": `{"id":"` + aID + `","key":"npm-local","format":"npm","repo_type":"local"}`,
		}}
		reg := opener(t, true, p)()
		if _, err := reg.Permissions.Get(t.Context(), "npm-local"); (err != nil) != fails || registry.IsNotFound(err) {
			t.Errorf("%s: %v", target, err)
		}
		if err := reg.Permissions.Delete(t.Context(), registry.PermissionSpec{Name: "npm-local"}); (err != nil) != fails || registry.IsNotFound(err) {
			t.Errorf("deleting %s: %v", target, err)
		}
	}
}
