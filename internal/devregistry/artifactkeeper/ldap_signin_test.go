package artifactkeeper

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/slapdtest"
)

// connection makes an LDAP provider for a directory and gives its id.
func (w *world) connection(d *slapdtest.Directory, changes object) string {
	w.t.Helper()
	body := object{
		"name": fmt.Sprintf("corp-%d", len(w.call("GET", ssoBase+"/ldap", w.asAdmin(), nil).list())), "server_url": d.URL,
		"bind_dn": slapdtest.ReaderDN, "bind_password": slapdtest.ReaderPassword, "user_base_dn": slapdtest.BaseDN,
		"group_base_dn": "ou=groups," + slapdtest.BaseDN,
	}
	maps.Copy(body, changes)
	return w.call("POST", ssoBase+"/ldap", w.asAdmin(), body).ok().object()["id"].(string)
}

// signIn signs in with the directory; the password is everybody's own.
func (w *world) signIn(provider, name string) answer {
	w.t.Helper()
	return w.call("POST", "/api/v1/auth/sso/ldap/"+provider+"/login", nil, object{
		"username": name, "password": strings.ToUpper(name[:1]) + name[1:] + "-Passw0rd",
	})
}

// groupsOf lists the groups of an account by name.
func (w *world) groupsOf(name string) string {
	var groups []string
	w.store.View(func(st *state.State) {
		if u := st.UserByName(name); u != nil {
			for _, g := range st.GroupsOf(u.ID) {
				groups = append(groups, g.Name)
			}
		}
	})
	slices.Sort(groups)
	return strings.Join(groups, " ")
}

// account finds an account by name.
func (w *world) account(name string) state.User {
	var found state.User
	w.store.View(func(st *state.State) {
		if u := st.UserByName(name); u != nil {
			found = *u
		}
	})
	return found
}

func TestDirectorySignIn(t *testing.T) {
	t.Parallel()
	d := slapdtest.Start(t)
	w := newWorld(t, Options{AllowPrivateIssuers: true})
	provider := w.connection(d, nil)

	for name, body := range map[string]object{
		"wrong":    {"username": "ada", "password": "wrong"},
		"unknown":  {"username": "nobody", "password": "Ada-Passw0rd"},
		"wildcard": {"username": "a*", "password": "Ada-Passw0rd"},
		"empty":    {"username": "ada", "password": ""},
	} {
		t.Log(name)
		w.call("POST", "/api/v1/auth/sso/ldap/"+provider+"/login", nil, body).failsWith(401, "AUTH_ERROR")
	}
	w.call("POST", "/api/v1/auth/sso/ldap/"+provider+"/login", nil, object{"username": "ada"}).failsWith(400, "VALIDATION_ERROR")
	w.signIn("00000000-0000-4000-8000-000000000000", "ada").failsWith(404, "NOT_FOUND")
	if u := w.account("ada"); u.ID != "" {
		t.Error("there is an account before anybody has signed in")
	}

	got := w.signIn(provider, "ada").ok()
	wantKeys(t, got.object(), "access_token", "refresh_token", "token_type")
	if cookies := fmt.Sprint(got.header["Set-Cookie"]); !strings.Contains(cookies, accessCookie) || !strings.Contains(cookies, refreshCookie) {
		t.Errorf("cookies %s", cookies)
	}
	session := bearer(got.object()["access_token"].(string))
	me := w.get("/api/v1/users/me", session).ok().object()
	if me["username"] != "ada" || me["email"] != "ada@example.com" || me["display_name"] != "Ada Lovelace" ||
		me["auth_provider"] != "ldap" || me["is_admin"] != false || me["must_change_password"] != false {
		t.Errorf("ada is %v", me)
	}
	w.call("POST", "/api/v1/auth/refresh", nil, object{"refresh_token": got.object()["refresh_token"]}).ok()

	// The directory's password is good for nothing else, and local sign-in is closed to all but administrators.
	w.get("/api/v1/users/me", basic("ada", "Ada-Passw0rd")).is(401)
	w.get("/npm/npm-public/-/ping", basic("ada", "Ada-Passw0rd")).is(401)
	w.call("POST", "/api/v1/auth/login", nil, object{"username": "ada", "password": "Ada-Passw0rd"}).failsWith(401, "AUTH_ERROR")
	w.call("POST", "/api/v1/auth/login", nil, object{"username": aliceName, "password": password}).failsWith(401, "AUTH_ERROR")
	w.login(adminName)

	// Somebody without an address gets one that is nobody else's.
	w.signIn(provider, "linus").ok()
	if u := w.account("linus"); !strings.HasSuffix(u.Email, "@ldap.invalid") {
		t.Errorf("linus has the address %s", u.Email)
	}

	// A sign-in rewrites the account and undoes what an administrator did to it.
	w.change(w.account("ada").ID, func(u *state.User) { u.Active, u.Email, u.DisplayName = false, "else@example.com", "Else" })
	w.get("/api/v1/users/me", session).is(401)
	w.signIn(provider, "ada").ok()
	if u := w.account("ada"); !u.Active || u.Email != "ada@example.com" || u.DisplayName != "Ada Lovelace" {
		t.Errorf("ada is %+v", u)
	}

	// A provider that is off stays open to those who know its id; one that is gone does not.
	w.call("PATCH", ssoBase+"/ldap/"+provider+"/toggle", w.asAdmin(), object{"enabled": false}).ok()
	w.login(aliceName)
	w.signIn(provider, "ada").ok()
	w.call("DELETE", ssoBase+"/ldap/"+provider, w.asAdmin(), nil).ok()
	w.signIn(provider, "ada").failsWith(404, "NOT_FOUND")
}

// A local account of the same name or address is in the way, and a change of somebody's name in the directory makes them
// somebody else.
func TestDirectoryCollisions(t *testing.T) {
	t.Parallel()
	d := slapdtest.Start(t)
	w := newWorld(t, Options{AllowPrivateIssuers: true})
	provider := w.connection(d, nil)
	local := func(name, email string) string {
		return w.call("POST", "/api/v1/users", w.asAdmin(), object{"username": name, "email": email, "password": password}).
			ok().object()["user"].(object)["id"].(string)
	}
	named, mailed := local("ada", "else@example.com"), local("else", "grace@example.com")
	w.signIn(provider, "ada").failsWith(409, "CONFLICT")
	w.signIn(provider, "grace").failsWith(409, "CONFLICT")
	for _, id := range []string{named, mailed} {
		w.call("DELETE", "/api/v1/users/"+id, w.asAdmin(), nil).ok()
	}
	w.signIn(provider, "ada").ok()
	if err := d.Manage(t).ModifyDN(ldap.NewModifyDNRequest(slapdtest.PersonDN("ada"), "uid=ada", true, "ou=staff,"+slapdtest.BaseDN)); err != nil {
		t.Fatal(err)
	}
	w.signIn(provider, "ada").failsWith(409, "CONFLICT")
}

func TestDirectoryGroups(t *testing.T) {
	t.Parallel()
	d := slapdtest.Start(t)
	w := newWorld(t, Options{AllowPrivateIssuers: true})
	provider := w.connection(d, nil)
	w.call("POST", "/api/v1/groups", w.asAdmin(), object{"name": "developers"}).ok()

	// Nothing is there to grant anything to until somebody has signed in.
	if got := w.get("/api/v1/groups?search=engineers", w.asAdmin()).ok().object()["items"].([]any); len(got) != 0 {
		t.Errorf("groups %v", got)
	}
	session := bearer(w.signIn(provider, "ada").ok().object()["access_token"].(string))
	w.signIn(provider, "linus").ok()
	w.signIn(provider, "grace").ok()
	if got := w.groupsOf("ada") + ", " + w.groupsOf("linus") + ", " + w.groupsOf("grace"); got != "Writers engineers, , operators" {
		t.Errorf("ada, linus and grace are in %s", got)
	}
	group := w.get("/api/v1/groups?search=engineers", w.asAdmin()).ok().object()["items"].([]any)[0].(object)
	if group["external_source"] != "ldap" || group["description"] != "Auto-created from LDAP group: engineers" {
		t.Errorf("the group is %v", group)
	}
	members := "/api/v1/groups/" + group["id"].(string) + "/members"
	w.call("POST", members, w.asAdmin(), object{"user_ids": []string{w.alice}}).failsWith(409, "CONFLICT")

	// The group's rule lets its members install, with a session and with a token.
	token := w.call("POST", "/api/v1/users/"+w.account("ada").ID+"/tokens", w.asAdmin(),
		object{"name": "t", "scopes": []string{"read:artifacts"}, "expires_in_days": 1}).ok().object()["token"].(string)
	const ping = "/npm/npm-private/-/ping"
	w.get(ping, session).is(404)
	w.rule("group", group["id"].(string), "repository", w.npm.ID, "read")
	w.get(ping, session).ok()
	w.get(ping, basic("__token__", token)).ok()
	w.get(ping, bearer(w.signIn(provider, "grace").ok().object()["access_token"].(string))).is(403)

	// Memberships follow at the next sign-in, also out of a group.
	d.Join(t, "engineers", "grace")
	d.Leave(t, "engineers", "ada")
	w.get(ping, basic("__token__", token)).ok()
	w.signIn(provider, "ada").ok()
	w.get(ping, basic("__token__", token)).is(403)
	w.get(ping, bearer(w.signIn(provider, "grace").ok().object()["access_token"].(string))).ok()

	// Somebody who is gone cannot sign in, and keeps token and groups until an administrator acts.
	d.Remove(t, slapdtest.PersonDN("grace"))
	w.signIn(provider, "grace").failsWith(401, "AUTH_ERROR")
	if got := w.groupsOf("grace"); got != "engineers operators" {
		t.Errorf("grace is in %s", got)
	}

	// Another provider's groups are not this one's.
	second := w.connection(d, nil)
	w.signIn(second, "ada").ok()
	if got := w.groupsOf("ada"); got != "Writers" {
		t.Errorf("ada is in %s", got)
	}
}

// The members of the configuration that decide who is let in and which groups are seen.
func TestDirectorySettings(t *testing.T) {
	t.Parallel()
	d := slapdtest.Start(t)
	const groups = "ou=groups," + slapdtest.BaseDN
	for what, tc := range map[string]struct {
		changes object
		who     string
		status  int
		groups  string
	}{
		"TLS":                      {object{"server_url": d.TLSURL, "ca_certificate": string(d.CAPEM)}, "ada", 200, "Writers engineers"},
		"TLS, unknown authority":   {object{"server_url": d.TLSURL}, "ada", 500, ""},
		"TLS, not verified":        {object{"server_url": d.TLSURL, "insecure_skip_verify": true}, "ada", 200, "Writers engineers"},
		"StartTLS":                 {object{"use_starttls": true, "ca_certificate": string(d.CAPEM)}, "ada", 200, "Writers engineers"},
		"StartTLS, unknown":        {object{"use_starttls": true}, "ada", 500, ""},
		"no certificate":           {object{"use_starttls": true, "ca_certificate": "PEM"}, "ada", 500, ""},
		"unreachable":              {object{"server_url": "ldap://127.0.0.1:1"}, "ada", 500, ""},
		"wrong bind password":      {object{"bind_password": "wrong"}, "ada", 401, ""},
		"the other placeholder":    {object{"user_filter": "(&(objectClass=inetOrgPerson)(uid={username}))"}, "ada", 200, "Writers engineers"},
		"a filter that is none":    {object{"user_filter": "(uid={0}"}, "ada", 500, ""},
		"a filter without her":     {object{"user_filter": "(&(uid={0})(sn=Hopper))"}, "ada", 401, ""},
		"another base":             {object{"user_base_dn": "ou=staff," + slapdtest.BaseDN}, "ada", 401, ""},
		"below the base":           {object{"user_base_dn": "ou=staff," + slapdtest.BaseDN}, "hedy", 200, ""},
		"no groups":                {object{"group_base_dn": nil}, "ada", 200, ""},
		"groups of the entry only": {object{"group_filter": "(cn={0})"}, "ada", 200, "Writers engineers"},
		"groups by filter only":    {object{"groups_attribute": "description"}, "ada", 200, "Writers engineers"},
		"a filter for groups":      {object{"groups_attribute": "description", "group_filter": "(cn=w*)"}, "ada", 200, "Writers"},
		"a filter for members":     {object{"groups_attribute": "description", "group_filter": "(member={dn})"}, "grace", 200, "operators"},
		"groups, no base":          {object{"group_base_dn": nil, "group_filter": "(objectClass=groupOfNames)"}, "grace", 200, "operators"},
		"another group base":       {object{"group_base_dn": "ou=staff," + slapdtest.BaseDN}, "ada", 200, ""},
		"other attributes":         {object{"username_attribute": "sn", "email_attribute": "description"}, "ada", 200, ""},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, Options{AllowPrivateIssuers: true})
			w.signIn(w.connection(d, tc.changes), tc.who).is(tc.status)
			if got := w.groupsOf(tc.who); got != tc.groups {
				t.Errorf("%s is in %q, not %q", tc.who, got, tc.groups)
			}
		})
	}
	t.Run("the group of administrators", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, Options{AllowPrivateIssuers: true})
		provider := w.connection(d, object{"admin_group_dn": "CN=Operators," + groups})
		w.signIn(provider, "grace").ok()
		w.signIn(provider, "ada").ok()
		if !w.account("grace").Admin || w.account("ada").Admin {
			t.Error("the operators are not the administrators")
		}
		w.change(w.account("ada").ID, func(u *state.User) { u.Admin = true })
		w.signIn(provider, "ada").ok()
		if w.account("ada").Admin {
			t.Error("somebody outside of the group stays an administrator")
		}
		other := w.connection(d, nil)
		w.signIn(other, "grace").ok()
		if !w.account("grace").Admin {
			t.Error("without such a group administrators are touched")
		}
	})
	t.Run("nobody searches", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, Options{AllowPrivateIssuers: true})
		provider := w.connection(d, object{"bind_dn": nil})
		w.signIn(provider, "ada").failsWith(401, "AUTH_ERROR")
		dn := slapdtest.PersonDN("ada")
		w.call("POST", "/api/v1/auth/sso/ldap/"+provider+"/login", nil, object{"username": dn, "password": "Ada-Passw0rd"}).ok()
		if u := w.account(dn); u.AuthProvider != "ldap" {
			t.Errorf("the account is not called what was typed: %+v", u)
		}
	})
}

// The connection test says what is the matter, in few words and never with the password.
func TestDirectoryConnectionTest(t *testing.T) {
	t.Parallel()
	d := slapdtest.Start(t)
	w := newWorld(t, Options{AllowPrivateIssuers: true})
	for what, tc := range map[string]struct {
		changes object
		success bool
		message string
	}{
		"good":        {nil, true, "Connection and LDAP bind successful"},
		"TLS":         {object{"server_url": d.TLSURL, "ca_certificate": string(d.CAPEM)}, true, "Connection and LDAP bind successful"},
		"unknown CA":  {object{"server_url": d.TLSURL}, false, "LDAP connection failed during bind"},
		"password":    {object{"bind_password": "wrong"}, false, "LDAP bind rejected: check the bind DN and bind password"},
		"nobody":      {object{"bind_dn": nil}, true, "Connected to " + strings.TrimPrefix(d.URL, "ldap://") + "; no bind DN/password configured, so credentials were not verified"},
		"unreachable": {object{"server_url": "ldap://127.0.0.1:1"}, false, "Connection failed"},
	} {
		got := w.call("POST", ssoBase+"/ldap/"+w.connection(d, tc.changes)+"/test", w.asAdmin(), nil).ok().object()
		wantKeys(t, got, "success", "message", "response_time_ms")
		if got["success"] != tc.success || got["message"] != tc.message {
			t.Errorf("%s: %v", what, got)
		}
	}
	w.call("POST", ssoBase+"/ldap/00000000-0000-4000-8000-000000000000/test", w.asAdmin(), nil).failsWith(404, "NOT_FOUND")
}

// Everybody's first sign-in at once, several times each, makes one account and one group each.
func TestDirectorySignInsAtOnce(t *testing.T) {
	t.Parallel()
	d := slapdtest.Start(t)
	w := newWorld(t, Options{AllowPrivateIssuers: true})
	provider := w.connection(d, nil)
	var all sync.WaitGroup
	for range 6 {
		for _, name := range []string{"ada", "grace", "linus"} {
			body := fmt.Sprintf(`{"username":%q,"password":%q}`, name, strings.ToUpper(name[:1])+name[1:]+"-Passw0rd")
			all.Go(func() {
				res, err := w.http.Post(w.url+"/api/v1/auth/sso/ldap/"+provider+"/login", "application/json", strings.NewReader(body))
				if err != nil || res.StatusCode != http.StatusOK {
					t.Errorf("%s does not sign in: %v %v", name, res, err)
					return
				}
				_ = res.Body.Close()
			})
		}
	}
	all.Wait()
	var accounts, groups []string
	w.store.View(func(st *state.State) {
		for _, u := range st.Users {
			if u.AuthProvider == "ldap" {
				accounts = append(accounts, u.Username)
			}
		}
		for _, g := range st.Groups {
			groups = append(groups, fmt.Sprintf("%s %d", g.Name, len(g.Members)))
		}
	})
	slices.Sort(accounts)
	slices.Sort(groups)
	if got := fmt.Sprint(accounts, groups); got != "[ada grace linus] [Writers 1 developers 1 engineers 1 operators 1]" {
		t.Error(got)
	}
}
