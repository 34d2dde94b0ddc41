package artifactkeeper_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

var tokensOf1 = "/api/v1/users/" + id(1) + "/tokens"

func spec() registry.TokenSpec {
	return registry.TokenSpec{
		UserID: id(1), Username: "alice", Label: "label", Scopes: registry.MustParseScopes("read:artifacts"),
		Expiry: registry.Expiry{Duration: 2 * 24 * time.Hour},
	}
}

func TestMintShape(t *testing.T) {
	t.Parallel()
	r, s := script(t, scripted{"POST " + tokensOf1: {ok(`{"id":"t1","name":"label","token":"0a1b2c3d_0123456789abcdef0123456789abcdef"}`)}})
	m, err := r.Tokens.Mint(t.Context(), spec())
	if err != nil || m.ID != "t1" || m.AccessToken.Empty() || time.Until(m.ExpiresAt).Round(time.Hour) != 48*time.Hour {
		t.Errorf("%+v %v", m, err)
	}
	never := spec()
	never.Expiry, never.Scopes = registry.Expiry{Never: true}, nil
	if m, err = r.Tokens.Mint(t.Context(), never); err != nil || !m.ExpiresAt.IsZero() {
		t.Errorf("%+v %v", m, err)
	}
	s.WantBody(t, 0, `{"name":"label","scopes":["read:artifacts"],"expires_in_days":2}`)
	s.WantBody(t, 1, `{"name":"label","scopes":[]}`)
}

func TestMintForNobody(t *testing.T) {
	t.Parallel()
	const unknown = "GET /api/v1/users/"
	r, s := script(t, scripted{"POST " + tokensOf1: {refuse(500, broken)}, unknown + id(1): {refuse(404, gone)}})
	_, err := r.Tokens.Mint(t.Context(), spec())
	wantKind(t, err, registry.KindNotFound)
	s.WantSent(t, "POST "+tokensOf1, unknown+id(1), unknown+id(1))

	r, _ = script(t, scripted{"POST " + tokensOf1: {refuse(500, broken)}, unknown + id(1): {ok(user(1, "alice"))}})
	_, err = r.Tokens.Mint(t.Context(), spec())
	wantKind(t, err, registry.KindUncertain)
}

func TestTokenIsReadThroughTheList(t *testing.T) {
	t.Parallel()
	listed := `{"items":[{"id":"t1","name":"a nonce-1","token_prefix":"0a1b2c3d","scopes":["read:artifacts"],"expires_at":null,"last_used_at":null,
		"created_at":"2026-01-02T03:04:05.123456Z"}]}`
	r, s := script(t, scripted{"GET " + tokensOf1: {ok(`{"items":[]}`), ok(listed)}})
	token, err := r.Tokens.Get(t.Context(), id(1), "t1")
	if err != nil || token.Label != "a nonce-1" || !token.ExpiresAt.IsZero() || token.IssuedAt.Year() != 2026 {
		t.Errorf("%+v %v", token, err)
	}
	_, err = r.Tokens.Get(t.Context(), id(1), "t2")
	wantKind(t, err, registry.KindNotFound)
	if len(s.Seen()) != 4 {
		t.Errorf("%d requests: what is missing is looked for twice", len(s.Seen()))
	}
	if found, err := r.Tokens.List(t.Context(), registry.TokenFilter{UserID: id(1), LabelContains: "nonce-2"}); err != nil || len(found) != 0 {
		t.Errorf("%+v %v", found, err)
	}
	r, _ = script(t, scripted{"GET " + tokensOf1: {ok(`{}`)}})
	_, err = r.Tokens.Get(t.Context(), id(1), "t1")
	wantKind(t, err, registry.KindWrongEndpoint)
}

func members(from, n, total int) reply {
	var items []string
	for i := range n {
		items = append(items, fmt.Sprintf(`{"user_id":%q,"username":"u%03d"}`, id(from+i), from+i))
	}
	return ok(fmt.Sprintf(`{"id":%q,"name":"team","description":null,"external_source":"ldap","members":[%s],"members_total":%d}`,
		id(9), strings.Join(items, ","), total))
}

// TestMembersInPages: their order is not fixed, so a page may repeat what another has left out.
func TestMembersInPages(t *testing.T) {
	t.Parallel()
	team := "GET /api/v1/groups/" + id(9)
	for name, tc := range map[string]struct {
		pages   []reply
		members int
	}{
		"one page":   {[]reply{members(0, 3, 3)}, 3},
		"nobody":     {[]reply{members(0, 0, 0)}, 0},
		"two pages":  {[]reply{members(0, 200, 203), members(200, 3, 203)}, 203},
		"overlap":    {[]reply{members(0, 200, 203), members(199, 3, 203), members(0, 200, 203), members(200, 3, 203)}, 203},
		"never fits": {[]reply{members(0, 200, 203), members(0, 3, 203)}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s := script(t, scripted{team: tc.pages})
			g, err := r.Groups.Get(t.Context(), id(9))
			if tc.members < 0 {
				wantKind(t, err, registry.KindUnavailable)
				return
			}
			if err != nil || len(g.Members) != tc.members || g.ExternalSource != "ldap" || g.Members == nil {
				t.Errorf("%d members, %v", len(g.Members), err)
			}
			if q := s.Seen()[0].Query; q != "member_limit=200&member_offset=0" {
				t.Error(q)
			}
		})
	}
}

func TestMembersAreResolvedBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()
	r, s := script(t, scripted{listUsers: {pageOf(1, 1, user(1, "alice"))}})
	_, err := r.Groups.Create(t.Context(), registry.GroupSpec{Name: "team", Members: []string{"alice", "nobody"}})
	wantKind(t, err, registry.KindInvalid)
	for _, seen := range s.Seen() {
		if seen.What != listUsers {
			t.Errorf("sent %s", seen.What)
		}
	}
}

// TestMembersAreResolvedWhileAccountsAreMade: a run makes groups and many accounts side by side, so the list of accounts may
// change with every page. Its pages are read once, no more of them than needed, and who was missed is searched for.
func TestMembersAreResolvedWhileAccountsAreMade(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		pages []reply
		lists int
	}{
		"found at once":  {[]reply{pageOf(250, 3, user(1, "a"), user(2, "b"), user(3, "c"))}, 1},
		"grew":           {[]reply{pageOf(250, 3, user(1, "a")), pageOf(260, 3, user(1, "a"), user(2, "b")), pageOf(270, 3, user(3, "c"))}, 3},
		"missed one":     {[]reply{pageOf(250, 3, user(1, "a")), pageOf(240, 3, user(2, "b")), pageOf(230, 3, user(9, "z")), pageOf(1, 1, user(3, "c"))}, 4},
		"grows too long": {[]reply{pageOf(250, 3, user(1, "a"), user(2, "b")), pageOf(400, 4, user(9, "z")), pageOf(1, 1, user(3, "c"))}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			group := `{"id":"` + id(9) + `","name":"team","description":null,"external_source":null,"member_count":0}`
			r, s := script(t, scripted{
				"POST /api/v1/groups": {ok(group)}, "POST /api/v1/groups/" + id(9) + "/members": {ok(``)}, listUsers: tc.pages,
			})
			if _, err := r.Groups.Create(t.Context(), registry.GroupSpec{Name: "team", Members: []string{"a", "b", "c"}}); err != nil {
				t.Fatal(err)
			}
			lists := 0
			for _, seen := range s.Seen() {
				if seen.What == listUsers {
					lists++
				}
			}
			if lists != tc.lists {
				t.Errorf("%d lists, want %d", lists, tc.lists)
			}
			s.WantBody(t, tc.lists+1, `{"user_ids":["`+id(1)+`","`+id(2)+`","`+id(3)+`"]}`)
		})
	}
}

func TestGroupShape(t *testing.T) {
	t.Parallel()
	group := `{"id":"` + id(9) + `","name":"team","description":null,"external_source":null,"member_count":0}`
	one := "/api/v1/groups/" + id(9)
	r, s := script(t, scripted{
		"POST /api/v1/groups": {ok(group)}, "PUT " + one: {ok(group)}, "GET " + one: {members(0, 2, 2)},
		"POST " + one + "/members": {ok(``)}, "DELETE " + one + "/members": {ok(``)}, listUsers: {pageOf(1, 1, user(7, "new"))},
	})
	if _, err := r.Groups.Create(t.Context(), registry.GroupSpec{Name: "team"}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Groups.Update(t.Context(), id(9), registry.GroupSpec{Name: "team", Description: "d"}); err != nil {
		t.Fatal(err)
	}
	if err := r.Groups.ChangeMembers(t.Context(), id(9), []string{"new"}, []string{"u001", "stranger"}); err != nil {
		t.Fatal(err)
	}
	s.WantBody(t, 0, `{"name":"team","description":null}`)
	s.WantBody(t, 1, `{"name":"team","description":"d"}`)
	s.WantSent(t, "POST /api/v1/groups", "PUT "+one, listUsers, "POST "+one+"/members", "GET "+one, "DELETE "+one+"/members")
	s.WantBody(t, 3, `{"user_ids":["`+id(7)+`"]}`)
	s.WantBody(t, 5, `{"user_ids":["`+id(1)+`"]}`)
}

func row(n int, kind string, principal int, name, actions string) string {
	return fmt.Sprintf(`{"id":%q,"principal_type":%q,"principal_id":%q,"principal_name":%s,"target_type":"repository","target_id":%q,"target_name":"Title","actions":[%s]}`,
		id(n), kind, id(principal), name, id(50), actions)
}

func TestPermissionRows(t *testing.T) {
	t.Parallel()
	const rows, repository = "GET /api/v1/permissions", "GET /api/v1/repositories/npm-a"
	repo := ok(`{"id":"` + id(50) + `","key":"npm-a","name":"Title","format":"npm","repo_type":"local"}`)
	alice, builder := user(1, "alice"), `{"id":"`+id(2)+`","username":"svc-b","email":"svc-b@service-accounts.local","auth_provider":"local","is_active":true,"is_admin":false}`
	r, s := script(t, scripted{
		repository: {repo}, listUsers: {pageOf(2, 1, alice, builder)}, "GET /api/v1/groups": {pageOf(0, 0)},
		rows:                                   {pageOf(3, 1, row(11, "user", 1, `"alice"`, `"write","read"`), row(12, "group", 3, `"team"`, `"read"`), row(13, "user", 4, "null", `"read"`))},
		"POST /api/v1/permissions":             {ok(row(14, "service_account", 2, `"svc-b"`, `"read"`))},
		"DELETE /api/v1/permissions/" + id(12): {ok(``)}, "DELETE /api/v1/permissions/" + id(13): {refuse(404, `{"code":"NOT_FOUND","message":"Permission not found"}`)},
	})
	p, err := r.Permissions.Get(t.Context(), "npm-a")
	if err != nil || !slices.Equal(p.Users["alice"], []string{"read", "write"}) || !slices.Equal(p.Groups["team"], []string{"read"}) ||
		!slices.Equal(p.Orphans, []string{"user:" + id(4)}) {
		t.Errorf("%+v %v", p, err)
	}
	before := len(s.Seen())
	prior := registry.PermissionSpec{Name: "npm-a", Users: map[string][]string{"alice": {"read", "write"}}, Groups: map[string][]string{"team": {"read"}}}
	next := registry.PermissionSpec{Name: "npm-a", Users: map[string][]string{"alice": {"write", "read"}, "svc-b": {"READ"}}}
	if p, err = r.Permissions.Update(t.Context(), prior, next); err != nil || len(p.Users) != 2 || len(p.Groups) != 0 || len(p.Orphans) != 0 {
		t.Errorf("%+v %v", p, err)
	}
	var writes []string
	for _, seen := range s.Seen()[before:] {
		if !strings.HasPrefix(seen.What, "GET ") {
			writes = append(writes, seen.What)
		}
	}
	if !slices.Equal(writes, []string{"POST /api/v1/permissions", "DELETE /api/v1/permissions/" + id(12), "DELETE /api/v1/permissions/" + id(13), "DELETE /api/v1/permissions/" + id(13)}) {
		t.Errorf("%q", writes)
	}
	s.WantBody(t, before+3, `{"principal_type":"service_account","principal_id":"`+id(2)+`","target_type":"repository","target_id":"`+id(50)+`","actions":["read"]}`)
}

// TestLostGrantIsLookedFor: a principal and a target have one row at most, so a lost answer can be resolved.
func TestLostGrantIsLookedFor(t *testing.T) {
	t.Parallel()
	const rows, grant = "GET /api/v1/permissions", "POST /api/v1/permissions"
	for name, tc := range map[string]struct {
		rows   []reply
		grants int
	}{
		"it is there":     {[]reply{pageOf(0, 0), pageOf(1, 1, row(11, "user", 1, `"alice"`, `"read"`))}, 1},
		"it is not there": {[]reply{pageOf(0, 0)}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s := script(t, scripted{
				"GET /api/v1/repositories/npm-a": {ok(`{"id":"` + id(50) + `","key":"npm-a"}`)}, listUsers: {pageOf(1, 1, user(1, "alice"))},
				rows: tc.rows, grant: {refuse(502, ``), ok(row(11, "user", 1, `"alice"`, `"read"`))},
			})
			_, err := r.Permissions.Create(t.Context(), registry.PermissionSpec{Name: "npm-a", Users: map[string][]string{"alice": {"read"}}})
			grants := 0
			for _, seen := range s.Seen() {
				if seen.What == grant {
					grants++
				}
			}
			if err != nil || grants != tc.grants {
				t.Errorf("%d grants, %v", grants, err)
			}
		})
	}
}
