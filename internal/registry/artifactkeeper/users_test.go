package artifactkeeper_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport/transporttest"
)

func TestCreateWithoutAPassword(t *testing.T) {
	t.Parallel()
	r, s := script(t, scripted{createUser: {
		ok(`{"user":` + user(1, "alice") + `,"generated_password":null}`), ok(`{"user":` + user(2, "bob") + `,"generated_password":null}`),
	}})
	u, err := r.Users.Create(t.Context(), registry.UserSpec{Username: "alice", Email: "alice@example.com", Enabled: true})
	if err != nil || u.ID != id(1) || u.Realm != "local" || u.Federated() {
		t.Errorf("%+v %v", u, err)
	}
	password, _ := s.Seen()[0].Body["password"].(string)
	for _, class := range []string{"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789", "-!"} {
		if !strings.ContainsAny(password, class) {
			t.Errorf("the password has none of %s", class)
		}
	}
	if len(password) < 32 || len(password) > 72 {
		t.Errorf("the password has %d bytes", len(password))
	}
	if _, err := r.Users.Create(t.Context(), registry.UserSpec{Username: "bob", Enabled: true}); err != nil {
		t.Fatal(err)
	}
	if s.Seen()[1].Body["password"] == password {
		t.Error("two accounts have the same password")
	}
}

func TestCreateShape(t *testing.T) {
	t.Parallel()
	r, s := script(t, scripted{
		createUser:                     {ok(`{"user":` + user(1, "alice") + `}`)},
		"PATCH /api/v1/users/" + id(1): {refuse(503, ``), text(403, "Admin access required")},
	})
	u, err := r.Users.Create(t.Context(), registry.UserSpec{
		Username: "alice", Email: "a@example.com", DisplayName: "Alice", Password: registry.NewSecret("pw"), Admin: true,
	})
	// The account is there although it could not be switched off: both are told.
	if u.ID != id(1) || err == nil {
		t.Errorf("%+v %v", u, err)
	}
	s.WantBody(t, 0, `{"username":"alice","email":"a@example.com","display_name":"Alice","password":"pw","is_admin":true}`)
	s.WantBody(t, 1, `{"is_active":false}`)
}

func TestNamesTooLongAreNotSent(t *testing.T) {
	t.Parallel()
	r, s := script(t, nil)
	_, err := r.Users.Create(t.Context(), registry.UserSpec{Username: strings.Repeat("é", 256), Enabled: true})
	wantKind(t, err, registry.KindInvalid)
	_, err = r.Groups.Create(t.Context(), registry.GroupSpec{Name: strings.Repeat("x", 256)})
	wantKind(t, err, registry.KindInvalid)
	s.WantSent(t)
}

func TestFindReadsAllPages(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		pages    []reply
		found    bool
		requests int
	}{
		"first page":            {[]reply{pageOf(1, 1, user(1, "alice"))}, true, 1},
		"nobody":                {[]reply{pageOf(0, 0)}, false, 2},
		"only similar":          {[]reply{pageOf(2, 1, user(1, "Alice"), user(2, "alice2"))}, false, 2},
		"third page":            {[]reply{pageOf(201, 3, user(1, "a")), pageOf(201, 3, user(2, "b")), pageOf(201, 3, user(3, "alice"))}, true, 3},
		"moved between pages":   {[]reply{pageOf(101, 2, user(1, "a")), pageOf(100, 1, user(2, "b")), pageOf(100, 1, user(3, "alice"))}, true, 3},
		"missing at first":      {[]reply{pageOf(0, 0), pageOf(1, 1, user(1, "alice"))}, true, 2},
		"missing on both walks": {[]reply{pageOf(101, 2, user(1, "a")), pageOf(101, 2, user(2, "b")), pageOf(101, 2, user(1, "a"))}, false, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s := script(t, scripted{listUsers: tc.pages})
			u, err := r.Users.FindByUsername(t.Context(), "alice")
			if (err == nil && u.Username == "alice") != tc.found || !tc.found && !registry.IsNotFound(err) {
				t.Errorf("%+v %v", u, err)
			}
			if len(s.Seen()) != tc.requests {
				t.Errorf("%d requests, want %d", len(s.Seen()), tc.requests)
			}
			if q := s.Seen()[0].Query; q != "page=1&per_page=100&search=alice" {
				t.Error(q)
			}
		})
	}
}

func TestSearchTerms(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"a_b%c": "a_b%c", `DOM\alice`: "alice", `\`: "", `a\b\`: "a", "Älice": "Älice"} {
		r, s := script(t, scripted{listUsers: {pageOf(0, 0)}})
		_, err := r.Users.FindByUsername(t.Context(), name)
		wantKind(t, err, registry.KindNotFound)
		query, _ := url.ParseQuery(s.Seen()[0].Query)
		if query.Get("search") != want {
			t.Errorf("%q is searched as %q, want %q", name, query.Get("search"), want)
		}
	}
}

// TestListsMustBeLists: an answer that says nothing about its items or pages is not an empty or complete list.
func TestListsMustBeLists(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{}`, `{"items":null}`, `[]`, `{"items":[` + user(1, "x") + `]}`} {
		r, _ := script(t, scripted{listUsers: {ok(body)}})
		_, err := r.Users.FindByUsername(t.Context(), "alice")
		wantKind(t, err, registry.KindWrongEndpoint)
	}
}

func TestAbsenceOnlyInTheServersOwnWords(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reply reply
		want  registry.Kind
	}{
		"handler":        {refuse(404, gone), registry.KindNotFound},
		"no route":       {reply{Status: 404, ContentType: "application/octet-stream"}, registry.KindWrongEndpoint},
		"text":           {text(404, "Not found"), registry.KindWrongEndpoint},
		"page":           {transporttest.HTML(404), registry.KindWrongEndpoint},
		"artifactory":    {refuse(404, `{"errors":[{"code":"NOT_FOUND","message":"x"}]}`), registry.KindWrongEndpoint},
		"another code":   {refuse(404, `{"code":"ROUTE_NOT_FOUND","message":"x"}`), registry.KindWrongEndpoint},
		"setup lock":     {refuse(403, `{"error":"SETUP_REQUIRED","message":"x","instructions":[]}`), registry.KindUnavailable},
		"no guests":      {refuse(401, `{"error":"GUEST_ACCESS_DISABLED","message":"x"}`), registry.KindUnauthorized},
		"bad token":      {text(401, "Invalid or expired token"), registry.KindUnauthorized},
		"no admin":       {text(403, "Admin access required"), registry.KindForbidden},
		"must change":    {text(428, "Password change required"), registry.KindForbidden},
		"bad shape":      {text(422, "Failed to deserialize"), registry.KindInvalid},
		"too many":       {text(429, "Too many requests"), registry.KindRateLimited},
		"limited bcrypt": {refuse(503, `{"code":"SERVICE_UNAVAILABLE","message":"x"}`), registry.KindUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s := script(t, scripted{"GET /api/v1/users/" + id(1): {tc.reply}})
			_, err := r.Users.Get(t.Context(), id(1))
			wantKind(t, err, tc.want)
			if tc.want == registry.KindForbidden && !strings.Contains(err.Error(), "password") && !strings.Contains(err.Error(), "scope admin") {
				t.Errorf("no hint: %v", err)
			}
			if want := map[bool]int{true: 2, false: 1}[tc.want == registry.KindNotFound]; len(s.Seen()) != want {
				t.Errorf("%d requests, want %d", len(s.Seen()), want)
			}
		})
	}
}

func TestNamesAreNotIDs(t *testing.T) {
	t.Parallel()
	r, s := script(t, nil)
	_, err := r.Users.Get(t.Context(), "alice")
	wantKind(t, err, registry.KindNotFound)
	_, err = r.Groups.Get(t.Context(), "team")
	wantKind(t, err, registry.KindNotFound)
	_, err = r.Tokens.List(t.Context(), registry.TokenFilter{Username: "alice"})
	wantKind(t, err, registry.KindNotFound)
	s.WantSent(t)
}

func TestTakenAddress(t *testing.T) {
	t.Parallel()
	mail := "Bob@example.com"
	for other, want := range map[int]registry.Kind{2: registry.KindConflict, 1: registry.KindUncertain} {
		r, _ := script(t, scripted{"PATCH /api/v1/users/" + id(1): {refuse(500, broken)}, listUsers: {pageOf(1, 1, user(other, "bob"))}})
		_, err := r.Users.Update(t.Context(), id(1), registry.UserPatch{Email: &mail})
		wantKind(t, err, want)
	}
}

func TestPasswordIsMasked(t *testing.T) {
	t.Parallel()
	const canary = "canary-pass"
	r, _ := script(t, scripted{"POST /api/v1/users/" + id(1) + "/password": {refuse(400, `{"code":"VALIDATION_ERROR","message":"`+canary+` is too common"}`)}})
	err := r.Users.SetPassword(t.Context(), id(1), registry.NewSecret(canary))
	wantKind(t, err, registry.KindInvalid)
	if strings.Contains(err.Error(), canary) || !strings.Contains(err.Error(), "is too common") {
		t.Error(err)
	}
}
