package artifactory_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport/transporttest"
)

const alice = `{"username":"alice","email":"a@example.com","realm":"ldap","status":"enabled","admin":false,"effective_admin":true,"groups":["readers"]}`

func TestCreateSendsOnlyWhatIsSet(t *testing.T) {
	t.Parallel()
	const users = "POST /access/api/v2/users"
	no := false
	for name, tc := range map[string]struct {
		spec registry.UserSpec
		want string
	}{
		"without a password": {
			registry.UserSpec{Username: "alice", Email: "a@example.com", Enabled: true},
			`{"username":"alice","email":"a@example.com","admin":false,"internal_password_disabled":true}`,
		},
		"with a password": {
			registry.UserSpec{Username: "alice", Email: "a@example.com", Enabled: true, Admin: true, Password: registry.NewSecret("p")},
			`{"username":"alice","email":"a@example.com","admin":true,"password":"p"}`,
		},
		"with flags": {
			registry.UserSpec{
				Username: "alice", Email: "a@example.com", Enabled: true,
				Artifactory: &registry.ArtifactoryUserPatch{InternalPasswordDisabled: &no, WatchManager: &no},
			},
			`{"username":"alice","email":"a@example.com","admin":false,"internal_password_disabled":false,"watch_manager":false}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s := script(t, scripted{users: {{Status: 201, Body: alice}}})
			u, err := r.Users.Create(t.Context(), tc.spec)
			if err != nil {
				t.Fatal(err)
			}
			s.WantSent(t, users)
			s.WantBody(t, 0, tc.want)
			if !u.Admin || u.AdminFlag || !u.Federated() || u.Realm != "ldap" || len(u.Groups) != 1 {
				t.Errorf("%+v", u)
			}
		})
	}
}

func TestUpdateSendsOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	const patch = "PATCH /access/api/v2/users/a%20b%2Fc"
	named := ok(strings.Replace(alice, "alice", "a b/c", 1))
	r, s := script(t, scripted{patch: {named}, "GET /access/api/v2/users/a%20b%2Fc": {named}})
	mail := "new@example.com"
	if _, err := r.Users.Update(t.Context(), "a b/c", registry.UserPatch{Email: &mail}); err != nil {
		t.Fatal(err)
	}
	s.WantBody(t, 0, `{"email":"new@example.com"}`)
	if _, err := r.Users.Update(t.Context(), "a b/c", registry.UserPatch{}); err != nil {
		t.Fatal(err)
	}
	s.WantSent(t, patch, "GET /access/api/v2/users/a%20b%2Fc")
}

func TestDisablingNeedsSCIM(t *testing.T) {
	t.Parallel()
	const scim, user = "PATCH /access/api/v1/scim/v2/Users/alice", "GET /access/api/v2/users/alice"
	off := false
	for name, tc := range map[string]struct {
		scim, user reply
		want       registry.Kind
	}{
		"not part of the subscription": {refuse(403, `{"errors":[{"code":"FORBIDDEN","message":"licence"}]}`), ok(alice), registry.KindUnsupported},
		"no such route":                {transporttest.Text(404, "404 page not found"), ok(alice), registry.KindUnsupported},
		"no such user":                 {refuse(404, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404","detail":"no"}`), refuse(404, notFound), registry.KindNotFound},
		"broken":                       {refuse(500, ``), ok(alice), registry.KindUncertain},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s := script(t, scripted{scim: {tc.scim}, user: {tc.user}})
			_, err := r.Users.Update(t.Context(), "alice", registry.UserPatch{Enabled: &off})
			wantKind(t, err, tc.want)
			s.WantBody(t, 0, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"active","value":false}]}`)
		})
	}
}

// TestAbsenceOnlyInAccessOwnWords: a 404 of something else, Artifactory itself included, is about the address.
func TestAbsenceOnlyInAccessOwnWords(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reply reply
		want  registry.Kind
	}{
		"access":             {refuse(404, notFound), registry.KindNotFound},
		"artifactory":        {refuse(404, `{"errors":[{"status":404,"message":"Not Found"}]}`), registry.KindWrongEndpoint},
		"a router":           {transporttest.Text(404, "404 page not found"), registry.KindWrongEndpoint},
		"a page":             {transporttest.HTML(404), registry.KindWrongEndpoint},
		"another api":        {refuse(404, `{"code":"NOT_FOUND","message":"no"}`), registry.KindWrongEndpoint},
		"nothing":            {refuse(404, ``), registry.KindWrongEndpoint},
		"no errors":          {refuse(404, `{"errors":[]}`), registry.KindWrongEndpoint},
		"code is no text":    {refuse(404, `{"errors":[{"code":404,"message":"no"}]}`), registry.KindWrongEndpoint},
		"success, no object": {ok(`{}`), registry.KindWrongEndpoint},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := script(t, scripted{"GET /access/api/v2/users/alice": {tc.reply}})
			_, err := r.Users.Get(t.Context(), "alice")
			wantKind(t, err, tc.want)
		})
	}
}

func TestErrorsAreReadable(t *testing.T) {
	t.Parallel()
	r, _ := script(t, scripted{"GET /access/api/v2/users/alice": {refuse(401, `{"errors":[{"code":"UNAUTHORIZED","message":"Invalid token, expired","detail":"ask again"}]}`)}})
	_, err := r.Users.Get(t.Context(), "alice")
	want := `read user "alice": the registry answered HTTP 401 UNAUTHORIZED: Invalid token, expired; ask again. The provider's token has expired; give it a new one`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// TestARefusedNameIsNotNobodys: what the registry does not take for a name says nothing about who there is.
func TestARefusedNameIsNotNobodys(t *testing.T) {
	t.Parallel()
	r, _ := script(t, scripted{"GET /access/api/v2/users/a%2Fb": {refuse(400, `{"errors":[{"code":"BAD_REQUEST","message":"formatted name"}]}`)}})
	_, err := r.Users.FindByUsername(t.Context(), "a/b")
	wantKind(t, err, registry.KindInvalid)
	_, err = r.Users.Get(t.Context(), "a/b")
	wantKind(t, err, registry.KindInvalid)
}

func TestFoundNameMustBeTheAskedOne(t *testing.T) {
	t.Parallel()
	r, _ := script(t, scripted{"GET /access/api/v2/users/al%C3%ADce": {ok(alice)}, "GET /access/api/v2/users/alice": {ok(alice)}})
	_, err := r.Users.FindByUsername(t.Context(), "alíce")
	wantKind(t, err, registry.KindWrongEndpoint)
	if u, err := r.Users.FindByUsername(t.Context(), "ALICE"); err != nil || u.Username != "alice" {
		t.Errorf("%+v %v", u, err)
	}
}

// page lists n users from a number on.
func page(from, n int, cursor string) reply {
	var lines []string
	for i := range n {
		lines = append(lines, fmt.Sprintf(`{"username":"u%05d","status":"disabled","realm":""}`, from+i))
	}
	return ok(fmt.Sprintf(`{"users":[%s],"cursor":%q}`, strings.Join(lines, ","), cursor))
}

func TestUserListFollowsTheCursor(t *testing.T) {
	t.Parallel()
	const list = "GET /access/api/v2/users"
	for name, tc := range map[string]struct {
		pages    []reply
		users    int
		requests int
		fails    bool
	}{
		"one short page":       {[]reply{page(0, 3, "u00002")}, 3, 1, false},
		"empty":                {[]reply{ok(`{"users":[]}`)}, 0, 1, false},
		"two pages":            {[]reply{page(0, 1000, "u00999"), page(1000, 5, "u01004")}, 1005, 2, false},
		"full last page":       {[]reply{page(0, 1000, "u00999"), page(1000, 0, "")}, 1000, 2, false},
		"full page, no cursor": {[]reply{page(0, 1000, "")}, 1000, 1, false},
		"does not advance":     {[]reply{page(0, 1000, "u00999")}, 1000, 2, true},
		"breaks off":           {[]reply{page(0, 1000, "u00999"), refuse(403, notFound)}, 1000, 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s := script(t, scripted{list: tc.pages})
			users, failed := 0, false
			for u, err := range r.Users.List(t.Context(), registry.UserFilter{Contains: "u"}) {
				if err != nil {
					failed = true
					break
				}
				if !u.Partial || u.Enabled || u.Realm != "internal" {
					t.Fatalf("%+v", u)
				}
				users++
			}
			if users != tc.users || len(s.Seen()) != tc.requests || failed != tc.fails {
				t.Errorf("%d users by %d requests, failed: %t", users, len(s.Seen()), failed)
			}
			if s.Seen()[0].Query != "limit=1000&username=u" {
				t.Error(s.Seen()[0].Query)
			}
			if len(s.Seen()) > 1 && s.Seen()[1].Query != "cursor=u00999&limit=1000&username=u" {
				t.Error(s.Seen()[1].Query)
			}
		})
	}
}
