package artifactory_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/slapdtest"
)

const (
	ldapSettings = "/access/api/v1/ldap/settings/"
	ldapGroups   = "/access/api/v1/ldap/groups/"
	legacyGroups = "/artifactory/api/security/groups/"
)

// connection describes a directory as an administrator would.
func connection(d *slapdtest.Directory, changes map[string]any) map[string]any {
	body := map[string]any{
		"key": "corp", "ldap_url": d.URL + "/" + slapdtest.BaseDN, "search": search(nil),
	}
	maps.Copy(body, changes)
	return body
}

func search(changes map[string]any) map[string]any {
	body := map[string]any{
		"search_filter": "(uid={0})", "search_base": "ou=people|ou=staff", "search_sub_tree": true,
		"manager_dn": slapdtest.ReaderDN, "manager_password": slapdtest.ReaderPassword,
	}
	maps.Copy(body, changes)
	return body
}

func groupsBy(strategy string, changes map[string]any) map[string]any {
	body := map[string]any{
		"name": "corp-groups", "enabled_ldap": "corp", "group_base_dn": "ou=groups", "group_name_attribute": "cn",
		"group_member_attribute": "member", "sub_tree": strategy != "HIERARCHICAL", "filter": "(objectClass=groupOfNames)",
		"description_attribute": "description", "strategy": strategy,
	}
	maps.Copy(body, changes)
	return body
}

// signsIn tells whether the server lets somebody in with a password, as every request with Basic authentication does.
func (w *wire) signsIn(t *testing.T, name, secret string) bool {
	t.Helper()
	status := w.send(t, basic(name, secret), "GET", "/access/api/v1/tokens", nil).status
	if status != 200 && status != 401 {
		t.Fatalf("signing in as %s: %d", name, status)
	}
	return status == 200
}

// memberOf lists the groups an account is in.
func (w *wire) memberOf(t *testing.T, name string) string {
	t.Helper()
	var user struct{ Groups []string }
	w.admin(t, "GET", users+"/"+name, nil).want(200).decode(&user)
	slices.Sort(user.Groups)
	return strings.Join(user.Groups, " ")
}

func TestDirectorySignIn(t *testing.T) {
	t.Parallel()
	d := slapdtest.Start(t)
	w := start(t)
	if w.signsIn(t, "ada", "Ada-Passw0rd") {
		t.Fatal("somebody signs in before there is a directory")
	}
	w.admin(t, "POST", ldapSettings, connection(d, nil)).want(201)

	// Nobody is there before their first sign-in, not even for an administrator's tokens.
	w.admin(t, "GET", users+"/ada", nil).accessError(404, "NOT_FOUND")
	w.admin(t, "POST", tokens, map[string]any{"username": "ada"}).accessError(400, "BAD_REQUEST")
	for name, secret := range map[string]string{"ada": "wrong", "*": "Ada-Passw0rd", "nobody": "Ada-Passw0rd", "grace": ""} {
		if w.signsIn(t, name, secret) {
			t.Errorf("%s signs in with %q", name, secret)
		}
	}
	w.admin(t, "GET", users+"/ada", nil).accessError(404, "NOT_FOUND")

	if !w.signsIn(t, "Ada", "Ada-Passw0rd") {
		t.Fatal("ada does not sign in")
	}
	w.admin(t, "GET", users+"/ada", nil).want(200).holds(`"realm":"ldap"`).holds(`"email":"ada@example.com"`).
		holds(`"profile_updatable":false`).holds(`"groups":["readers"]`).holds(`"status":"enabled"`)
	w.admin(t, "POST", tokens, map[string]any{"username": "ada"}).want(200)
	// A token is got with the password of the directory as well.
	w.send(t, basic("grace", "Grace-Passw0rd"), "POST", tokens, map[string]any{}).want(200)

	// The server's own users and passwords go on, unless the password is switched off.
	if !w.signsIn(t, "alice", password(w, "alice")) || !w.signsIn(t, "bob", password(w, "bob")) {
		t.Error("the server's own users are shut out")
	}
	w.admin(t, "PATCH", users+"/ada", map[string]any{"password": "Local-Passw0rd"}).want(200)
	if !w.signsIn(t, "ada", "Local-Passw0rd") {
		t.Error("there is no falling back to the server's own password")
	}
	w.admin(t, "PATCH", users+"/ada", map[string]any{"internal_password_disabled": true}).want(200)
	if w.signsIn(t, "ada", "Local-Passw0rd") || !w.signsIn(t, "ada", "Ada-Passw0rd") {
		t.Error("the internal password is not off, or that of the directory is")
	}

	// What the directory said counts for 300 seconds, and an account that is disabled is none at once.
	d.Remove(t, slapdtest.PersonDN("grace"))
	if !w.signsIn(t, "grace", "Grace-Passw0rd") {
		t.Error("the answer of a moment ago is asked for again")
	}
	w.Store.Advance(301 * time.Second)
	if w.signsIn(t, "grace", "Grace-Passw0rd") || !w.signsIn(t, "ada", "Ada-Passw0rd") {
		t.Error("the directory is not asked again, or does not know ada")
	}
	w.admin(t, "GET", users+"/grace", nil).want(200)
	w.admin(t, "PUT", ldapSettings, connection(d, map[string]any{"enabled": false})).want(200)
	if w.signsIn(t, "ada", "Ada-Passw0rd") {
		t.Error("settings that are not enabled are asked")
	}
}

func TestDirectorySettings(t *testing.T) {
	t.Parallel()
	d := slapdtest.Start(t, func(o *slapdtest.Options) { o.SizeLimit = 3 })
	w := start(t, func(o *devregistry.Options) { o.DirectoryCAs = [][]byte{d.CAPEM} })
	poisoned := slapdtest.PersonDN("mallory")
	entry := ldap.NewAddRequest(poisoned, nil)
	for name, values := range map[string][]string{
		"objectClass": {"inetOrgPerson", "javaSerializedObject"}, "uid": {"mallory"}, "cn": {"Mallory"}, "sn": {"Mallory"},
		"userPassword": {"Mallory-Passw0rd"}, "javaClassName": {"Gadget"}, "javaSerializedData": {"x"},
	} {
		entry.Attribute(name, values)
	}
	if err := d.Manage(t).Add(entry); err != nil {
		t.Fatal(err)
	}
	w.admin(t, "POST", ldapSettings, connection(d, nil)).want(201)
	nobody := search(map[string]any{"search_filter": ""})
	for what, tc := range map[string]struct {
		changes map[string]any
		who     string
		want    bool
	}{
		"search":                            {nil, "ada", true},
		"TLS":                               {map[string]any{"ldap_url": d.TLSURL + "/" + slapdtest.BaseDN}, "ada", true},
		"no base DN":                        {map[string]any{"ldap_url": d.URL}, "ada", false},
		"unreachable":                       {map[string]any{"ldap_url": "ldap://127.0.0.1:1/" + slapdtest.BaseDN}, "ada", false},
		"one level":                         {map[string]any{"search": search(map[string]any{"search_sub_tree": false})}, "ada", true},
		"one level, somebody below it":      {map[string]any{"search": search(map[string]any{"search_sub_tree": false})}, "hedy", false},
		"the second base":                   {nil, "hedy", true},
		"one base":                          {map[string]any{"search": search(map[string]any{"search_base": "ou=people"})}, "hedy", false},
		"the base of the URL":               {map[string]any{"search": search(map[string]any{"search_base": ""})}, "hedy", true},
		"a filter that fits two":            {map[string]any{"search": search(map[string]any{"search_filter": "(|(uid={0})(uid=grace))"})}, "ada", false},
		"a filter that leaves somebody out": {map[string]any{"search": search(map[string]any{"search_filter": "(&(uid={0})(mail=*))"})}, "linus", false},
		"a filter that is none":             {map[string]any{"search": search(map[string]any{"search_filter": "(uid={0}"})}, "ada", false},
		"the manager's password is wrong":   {map[string]any{"search": search(map[string]any{"manager_password": "wrong"})}, "ada", false},
		"nobody manages":                    {map[string]any{"search": search(map[string]any{"manager_dn": "", "manager_password": ""})}, "ada", false},
		"a pattern":                         {map[string]any{"user_dn_pattern": "uid={0},ou=people", "search": nobody}, "ada", true},
		"a pattern, somebody elsewhere":     {map[string]any{"user_dn_pattern": "uid={0},ou=people", "search": nobody}, "hedy", false},
		"a pattern and a search":            {map[string]any{"user_dn_pattern": "uid={0},ou=people"}, "hedy", true},
		"poison":                            {nil, "mallory", false},
		"poison, not looked for":            {map[string]any{"ldap_poisoning_protection": false}, "mallory", true},
		"poison, by pattern":                {map[string]any{"user_dn_pattern": "uid={0},ou=people", "search": nobody}, "mallory", false},
	} {
		w.admin(t, "PUT", ldapSettings, connection(d, tc.changes)).want(200)
		w.Store.Advance(301 * time.Second)
		secret := strings.ToUpper(tc.who[:1]) + tc.who[1:] + "-Passw0rd"
		if got := w.signsIn(t, tc.who, secret); got != tc.want {
			t.Errorf("%s: %s signs in: %v", what, tc.who, got)
		}
	}
	if got := start(t); true {
		got.admin(t, "POST", ldapSettings, connection(d, map[string]any{"ldap_url": d.TLSURL + "/" + slapdtest.BaseDN})).want(201)
		if got.signsIn(t, "ada", "Ada-Passw0rd") {
			t.Error("a certificate of an unknown authority is trusted")
		}
	}

	// A password that a PUT leaves out stays, and attributes are taken as the settings say.
	keep := search(nil)
	delete(keep, "manager_password")
	w.admin(t, "PUT", ldapSettings, connection(d, map[string]any{"search": search(nil)})).want(200)
	w.admin(t, "PUT", ldapSettings, connection(d, map[string]any{"search": keep, "email_attribute": "cn", "allow_user_to_access_profile": true})).want(200)
	w.Store.Advance(301 * time.Second)
	if !w.signsIn(t, "grace", "Grace-Passw0rd") {
		t.Error("the manager's password is gone")
	}
	w.admin(t, "GET", users+"/grace", nil).want(200).holds(`"email":"Grace Hopper"`).holds(`"profile_updatable":true`)

	// Of four groups the directory gives three at a time.
	w.admin(t, "POST", ldapGroups, groupsBy("STATIC", nil)).want(201)
	refresh := ldapGroups + "corp-groups/refresh?operation=IMPORT"
	w.admin(t, "PUT", ldapSettings, connection(d, map[string]any{"paging_support_enabled": false})).want(200)
	w.admin(t, "POST", refresh, nil).accessError(400, "BAD_REQUEST").holds("Size Limit Exceeded")
	w.admin(t, "PUT", ldapSettings, connection(d, nil)).want(200)
	w.admin(t, "POST", refresh, nil).want(200).holds(`"imported_groups":3`)

	// The group base is relative to that of the URL, and of the groups right below it there are none at the top.
	whole := map[string]any{"group_base_dn": "ou=groups," + slapdtest.BaseDN}
	w.admin(t, "PUT", ldapGroups, groupsBy("STATIC", whole)).want(200)
	w.admin(t, "POST", ldapGroups+"corp-groups/refresh?operation=UPDATE", nil).want(200).holds(`"updated_groups":0`)
	w.admin(t, "PUT", ldapGroups, groupsBy("STATIC", map[string]any{"group_base_dn": "", "sub_tree": false})).want(200)
	w.admin(t, "POST", ldapGroups+"corp-groups/refresh?operation=UPDATE", nil).want(200).holds(`"updated_groups":0`)
	w.admin(t, "PUT", ldapGroups, groupsBy("STATIC", map[string]any{"group_base_dn": ""})).want(200)
	w.admin(t, "POST", ldapGroups+"corp-groups/refresh?operation=UPDATE", nil).want(200).holds(`"updated_groups":3`)
}

// Without accounts made by signing in, people are let in for the length of a request.
func TestDirectoryWithoutAccounts(t *testing.T) {
	t.Parallel()
	d := slapdtest.Start(t)
	w := start(t)
	w.admin(t, "POST", ldapSettings, connection(d, map[string]any{"auto_create_user": false})).want(201)
	w.admin(t, "POST", ldapGroups, groupsBy("STATIC", nil)).want(201)
	w.admin(t, "POST", ldapGroups+"corp-groups/refresh?operation=IMPORT", nil).want(200)
	w.admin(t, "POST", permissions, grant("p", "npm-private", "engineers", "READ")).want(201)
	w.send(t, basic("ada", "Ada-Passw0rd"), "GET", npmPath, nil).want(200)
	w.send(t, basic("grace", "Grace-Passw0rd"), "GET", npmPath, nil).artifactoryError(403)
	w.admin(t, "GET", users+"/ada", nil).accessError(404, "NOT_FOUND")
	w.send(t, basic("ada", "Ada-Passw0rd"), "POST", tokens, map[string]any{}).accessError(400, "BAD_REQUEST")
}

// ldapGroup makes a group of the directory's realm.
func (w *wire) ldapGroup(t *testing.T, name, strategy, dn string) {
	t.Helper()
	w.admin(t, "PUT", legacyGroups+name, map[string]any{
		"realm": "ldap", "realmAttributes": fmt.Sprintf("ldapGroupName=%s;groupsStrategy=%s;groupDn=%s", name, strategy, dn),
	}).want(201)
}

// Each strategy alone lets people install packages, and stops it.
func TestDirectoryGroups(t *testing.T) {
	t.Parallel()
	const groups, staff = ",ou=groups," + slapdtest.BaseDN, "ou=uk,ou=staff," + slapdtest.BaseDN
	for strategy, tc := range map[string]struct {
		changes  map[string]any
		group    string
		dn       string
		in, out  string
		imported string
	}{
		"STATIC":  {nil, "engineers", "cn=engineers" + groups, "ada", "grace", `"imported_groups":2`},
		"DYNAMIC": {map[string]any{"group_member_attribute": "memberOf"}, "engineers", "cn=engineers" + groups, "ada", "grace", `"imported_groups":2`},
		"HIERARCHICAL": {map[string]any{
			"group_base_dn": "ou=staff", "group_name_attribute": "ou", "group_member_attribute": "ou", "filter": "(objectClass=organizationalUnit)",
		}, "uk", staff, "hedy", "ada", `"imported_groups":2`},
	} {
		t.Run(strategy, func(t *testing.T) {
			t.Parallel()
			d := slapdtest.Start(t)
			w := start(t)
			w.admin(t, "POST", ldapSettings, connection(d, nil)).want(201)
			w.admin(t, "POST", ldapGroups, groupsBy(strategy, tc.changes)).want(201)
			w.ldapGroup(t, tc.group, strategy, tc.dn)
			w.admin(t, "POST", permissions, grant("p", "npm-private", tc.group, "READ")).want(201)
			credential := func(name string) string { return basic(name, strings.ToUpper(name[:1])+name[1:]+"-Passw0rd") }
			w.send(t, credential(tc.in), "GET", npmPath, nil).want(200)
			w.send(t, credential(tc.out), "GET", npmPath, nil).artifactoryError(403)
			if got, want := w.memberOf(t, tc.in), strings.Join(slices.Sorted(slices.Values([]string{tc.group, "readers"})), " "); got != want {
				t.Errorf("%s is in %s", tc.in, got)
			}
			// A name in another spelling is the same one; another name, or another strategy, is none.
			again := func(dn, strategy string, status int) {
				t.Helper()
				w.ldapGroup(t, tc.group, strategy, dn)
				w.Store.Advance(301 * time.Second)
				w.send(t, credential(tc.in), "GET", npmPath, nil).want(status)
			}
			again("cn="+tc.group+",dc=example,dc=com", strategy, 403)
			again(strings.ToUpper(strings.ReplaceAll(tc.dn, ",", ", ")), strategy, 200)
			again(tc.dn, map[string]string{"STATIC": "DYNAMIC", "DYNAMIC": "STATIC", "HIERARCHICAL": "STATIC"}[strategy], 403)
			again(tc.dn, strategy, 200)

			refresh := ldapGroups + "corp-groups/refresh?operation="
			w.admin(t, "POST", refresh+"UPDATE", nil).want(200).holds(`"imported_groups":0,"updated_groups":1`)
			w.admin(t, "POST", refresh+"UPDATE_AND_IMPORT&username="+tc.in, nil).want(200).holds(`"updated_groups":1`)
			w.admin(t, "POST", refresh+"IMPORT&username=nobody", nil).accessError(400, "BAD_REQUEST")
			w.admin(t, "POST", refresh+"IMPORT", nil).want(200)
		})
	}
}

// What becomes of people whose groups or account change in the directory while they hold a token.
func TestDirectoryChanges(t *testing.T) {
	t.Parallel()
	d := slapdtest.Start(t)
	w := start(t)
	w.admin(t, "POST", ldapSettings, connection(d, nil)).want(201)
	w.admin(t, "POST", ldapGroups, groupsBy("STATIC", nil)).want(201)
	w.admin(t, "POST", ldapGroups+"corp-groups/refresh?operation=IMPORT", nil).want(200)
	w.admin(t, "GET", "/access/api/v2/groups/writers", nil).want(200).holds(`"realm":"ldap"`).
		holds(`ldapGroupName=writers;groupsStrategy=STATIC;groupDn=cn=Writers,ou=groups,dc=example,dc=com`)
	w.admin(t, "GET", "/access/api/v2/groups/engineers", nil).want(200).holds("People who write code")
	// The local group of a directory group's name is not taken over.
	w.admin(t, "GET", "/access/api/v2/groups/developers", nil).want(200).holds(`"realm":"internal"`)
	w.admin(t, "POST", permissions, grant("p", "npm-private", "engineers", "READ")).want(201)

	var token minted
	w.send(t, basic("ada", "Ada-Passw0rd"), "POST", tokens, map[string]any{}).want(200).decode(&token)
	if got := w.memberOf(t, "ada"); got != "engineers readers writers" {
		t.Errorf("ada is in %s", got)
	}
	if !w.signsIn(t, "linus", "Linus-Passw0rd") || w.memberOf(t, "linus") != "readers" {
		t.Errorf("linus is in %s", w.memberOf(t, "linus"))
	}
	held := func(status int) { t.Helper(); w.send(t, bearer(token.AccessToken), "GET", npmPath, nil).want(status) }
	held(200)

	// Groups follow at the next sign-in, so a token keeps what the last one gave.
	d.Join(t, "engineers", "linus")
	d.Leave(t, "engineers", "ada")
	w.Store.Advance(301 * time.Second)
	held(200)
	if !w.signsIn(t, "ada", "Ada-Passw0rd") || !w.signsIn(t, "linus", "Linus-Passw0rd") {
		t.Fatal("nobody signs in")
	}
	held(403)
	if got := w.memberOf(t, "ada") + ", " + w.memberOf(t, "linus"); got != "readers writers, engineers readers" {
		t.Errorf("ada, linus are in %s", got)
	}
	d.Join(t, "engineers", "ada")
	w.Store.Advance(301 * time.Second)
	if !w.signsIn(t, "ada", "Ada-Passw0rd") {
		t.Fatal("ada does not sign in")
	}

	// Somebody who is gone from the directory keeps the token's rights until it ends or the account is disabled.
	d.Remove(t, slapdtest.PersonDN("ada"))
	w.Store.Advance(24 * time.Hour)
	if w.signsIn(t, "ada", "Ada-Passw0rd") {
		t.Error("ada signs in without an entry")
	}
	held(200)
	w.admin(t, "DELETE", users+"/ada", nil).want(204)
	held(401)
}

// Everybody's first sign-in at once, several times each, makes one account each and puts it into its groups once.
func TestDirectorySignInsAtOnce(t *testing.T) {
	t.Parallel()
	d := slapdtest.Start(t)
	w := start(t)
	w.admin(t, "POST", ldapSettings, connection(d, nil)).want(201)
	w.admin(t, "POST", ldapGroups, groupsBy("STATIC", nil)).want(201)
	w.admin(t, "POST", ldapGroups+"corp-groups/refresh?operation=IMPORT", nil).want(200)
	var all sync.WaitGroup
	for range 6 {
		for _, name := range []string{"ada", "grace", "hedy"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+tokens, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.SetBasicAuth(name, strings.ToUpper(name[:1])+name[1:]+"-Passw0rd")
			all.Go(func() {
				res, err := w.client.Do(req)
				if err != nil || res.StatusCode != http.StatusOK {
					t.Errorf("%s does not sign in: %v %v", name, res, err)
					return
				}
				_ = res.Body.Close()
			})
		}
	}
	all.Wait()
	count, members := 0, 0
	w.Store.View(func(st *state.State) {
		for _, u := range st.Users {
			if u.AuthProvider == "ldap" {
				count++
			}
		}
		members = len(st.GroupByName("engineers").Members)
	})
	if count != 3 || members != 1 {
		t.Errorf("%d accounts, %d engineers", count, members)
	}
}
