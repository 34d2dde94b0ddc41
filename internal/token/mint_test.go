package token

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"pgregory.net/rapid"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// fakeTokens loses answers on purpose. The embedded registry shows what happens on the wire; this shows what is asked
// for, in which order, and what is not.
type fakeTokens struct {
	registry.Tokens // whatever else is called is a defect, and panics

	live []registry.Token
	made int
	// fate decides what becomes of the n-th mint: whether the token is made, and what is answered.
	fate  func(n int) (made bool, err error)
	blind error // what List answers instead
	calls []string
}

func (f *fakeTokens) Mint(_ context.Context, spec registry.TokenSpec) (registry.MintedToken, error) {
	f.made++
	f.calls = append(f.calls, "mint")
	made, err := true, error(nil)
	if f.fate != nil {
		made, err = f.fate(f.made)
	}
	token := registry.Token{ID: fmt.Sprint(f.made), Username: spec.Username, Label: spec.Label}
	if made {
		f.live = append(f.live, token)
	}
	if err != nil {
		return registry.MintedToken{}, err
	}
	return registry.MintedToken{Token: token, AccessToken: registry.NewSecret("secret")}, nil
}

func (f *fakeTokens) List(_ context.Context, filter registry.TokenFilter) ([]registry.Token, error) {
	f.calls = append(f.calls, "list")
	var found []registry.Token
	for _, token := range f.live {
		if token.Username == filter.Username && strings.Contains(token.Label, filter.LabelContains) {
			found = append(found, token)
		}
	}
	return found, f.blind
}

func (f *fakeTokens) Get(_ context.Context, _, id string) (registry.Token, error) {
	f.calls = append(f.calls, "get")
	at := slices.IndexFunc(f.live, func(t registry.Token) bool { return t.ID == id })
	if at < 0 {
		return registry.Token{}, &registry.Error{Kind: registry.KindNotFound}
	}
	return f.live[at], nil
}

func (f *fakeTokens) Revoke(_ context.Context, _, id string) error {
	f.calls = append(f.calls, "revoke")
	before := len(f.live)
	f.live = slices.DeleteFunc(f.live, func(t registry.Token) bool { return t.ID == id })
	if len(f.live) == before {
		return &registry.Error{Kind: registry.KindNotFound}
	}
	return nil
}

// fakeUsers knows accounts by name.
type fakeUsers struct {
	registry.Users
	byName map[string]registry.User
	// listed are names that the list has beside; unlisted is what the list answers instead.
	listed   []string
	unlisted error
}

func (f fakeUsers) List(_ context.Context, filter registry.UserFilter) iter.Seq2[registry.User, error] {
	return func(yield func(registry.User, error) bool) {
		if f.unlisted != nil {
			yield(registry.User{}, f.unlisted)
			return
		}
		for _, name := range slices.Concat(slices.Collect(maps.Keys(f.byName)), f.listed) {
			if strings.Contains(strings.ToLower(name), filter.Contains) && !yield(registry.User{Username: name, Partial: true}, nil) {
				return
			}
		}
	}
}

func (f fakeUsers) FindByUsername(_ context.Context, name string) (registry.User, error) {
	u, known := f.byName[name]
	if !known {
		return u, &registry.Error{Kind: registry.KindNotFound}
	}
	return u, nil
}

// fakeGroups knows which groups make administrators.
type fakeGroups struct {
	registry.Groups
	admin map[string]bool
}

func (f fakeGroups) FindByName(_ context.Context, name string) (registry.Group, error) {
	admin, known := f.admin[name]
	if !known {
		return registry.Group{}, &registry.Error{Kind: registry.KindNotFound}
	}
	return registry.Group{Name: name, Artifactory: &registry.ArtifactoryGroup{AdminPrivileges: admin}}, nil
}

func (f fakeGroups) List(context.Context, registry.GroupFilter) iter.Seq2[registry.Group, error] {
	return func(yield func(registry.Group, error) bool) {
		for name := range f.admin {
			if !yield(registry.Group{Name: name, Partial: true}, nil) {
				return
			}
		}
	}
}

var errLost = &registry.Error{Kind: registry.KindUncertain, Op: "mint"}

func TestMintAfterLostAnswers(t *testing.T) {
	t.Parallel()
	lostUntil := func(n int, made bool) func(int) (bool, error) {
		return func(attempt int) (bool, error) {
			if attempt < n {
				return made, errLost
			}
			return true, nil
		}
	}
	for _, c := range []struct {
		name  string
		fate  func(int) (bool, error)
		live  int
		calls string
		fails bool
	}{
		{"answered", nil, 1, "mint", false},
		{"made and lost", lostUntil(2, true), 1, "mint list revoke mint", false},
		{"not made and lost", lostUntil(2, false), 1, "mint list list mint", false},
		{"lost twice", lostUntil(3, true), 1, "mint list revoke mint list revoke mint", false},
		{"lost every time", lostUntil(99, true), 0, "mint list revoke mint list revoke mint list revoke", true},
		{"refused", func(int) (bool, error) { return false, &registry.Error{Kind: registry.KindInvalid} }, 0, "mint", true},
	} {
		tokens := &fakeTokens{fate: c.fate}
		mint := minter{reg: &registry.Registry{Tokens: tokens}}
		_, err := mint.mint(t.Context(), registry.TokenSpec{Username: "alice"}, "", "")
		if (err != nil) != c.fails || len(tokens.live) != c.live || strings.Join(tokens.calls, " ") != c.calls {
			t.Errorf("%s: %v; %d live; asked %q, want %q", c.name, err, len(tokens.live), tokens.calls, c.calls)
		}
	}
}

// A run that is interrupted while it mints still takes back what nobody received.
func TestMintCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	tokens := &fakeTokens{fate: func(int) (bool, error) {
		cancel()
		return true, context.Canceled
	}}
	mint := minter{reg: &registry.Registry{Tokens: tokens}}
	if _, err := mint.mint(ctx, registry.TokenSpec{Username: "alice"}, "", ""); !errors.Is(err, context.Canceled) {
		t.Errorf("the run ended with %v", err)
	}
	if len(tokens.live) != 0 || strings.Join(tokens.calls, " ") != "mint list revoke" {
		t.Errorf("%d tokens are left; asked %q", len(tokens.live), tokens.calls)
	}
}

// When not even the list can be read, the error names the token so that it can be found.
func TestMintLostForGood(t *testing.T) {
	t.Parallel()
	tokens := &fakeTokens{
		fate:  func(int) (bool, error) { return true, errLost },
		blind: &registry.Error{Kind: registry.KindUnavailable, Op: "list"},
	}
	mint := minter{reg: &registry.Registry{Tokens: tokens}}
	_, err := mint.mint(t.Context(), registry.TokenSpec{Username: "alice"}, "", "")
	if err == nil || !strings.Contains(err.Error(), labelOpen) || len(tokens.calls) != 2 {
		t.Errorf("asked %q and ended with %v", tokens.calls, err)
	}
}

func TestSettle(t *testing.T) {
	t.Parallel()
	key := keyTag("k")
	used := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	tokens := &fakeTokens{live: []registry.Token{
		{ID: "new", Username: "alice", Label: "x" + key},
		{ID: "killed", Username: "alice", Label: "x" + key},
		{ID: "used", Username: "alice", Label: "x" + key, LastUsedAt: used},
		{ID: "other key", Username: "alice", Label: "x" + keyTag("kk")},
		{ID: "foreign", Username: "alice", Label: "by hand"},
	}}
	mint := minter{reg: &registry.Registry{Tokens: tokens}}
	minted := registry.MintedToken{Token: registry.Token{ID: "new", Username: "alice"}}
	stored, err := mint.settle(t.Context(), "", minted, "k")
	if err != nil || stored == nil || stored.ID != "new" {
		t.Fatalf("the registry is said to have stored %+v, %v", stored, err)
	}
	var left []string
	for _, token := range tokens.live {
		left = append(left, token.ID)
	}
	if want := []string{"new", "used", "other key", "foreign"}; !slices.Equal(left, want) {
		t.Errorf("left are %q, want %q", left, want)
	}
	if strings.Join(tokens.calls, " ") != "list revoke" {
		t.Errorf("asked %q; one list must do", tokens.calls)
	}
}

func TestOwner(t *testing.T) {
	t.Parallel()
	users := fakeUsers{byName: map[string]registry.User{
		"alice": {ID: "1", Username: "alice", Enabled: true},
		"admin": {ID: "2", Username: "admin", Enabled: true, Admin: true},
		"carol": {ID: "3", Username: "carol"},
		"robot": {ID: "4", Username: "robot", Enabled: true, ServiceAccount: true},
	}}
	groups := fakeGroups{admin: map[string]bool{"readers": false, "admins": true, "Operators": false, "operators": true}}
	for _, c := range []struct {
		kind   registry.Type
		name   string
		scopes []string
		allow  bool
		says   string
	}{
		{registry.Artifactory, "alice", nil, false, ""},
		{registry.Artifactory, "admin", nil, false, "administrator"},
		{registry.Artifactory, "admin", nil, true, ""},
		{registry.Artifactory, "carol", nil, true, "disabled"},
		{registry.Artifactory, "robot", nil, true, "service account"},
		{registry.Artifactory, "nobody", nil, true, "has no user"},
		{registry.Artifactory, "alice", []string{"applied-permissions/admin"}, false, "administrator rights"},
		{registry.Artifactory, "alice", []string{"applied-permissions/admin"}, true, ""},
		{registry.Artifactory, "alice", []string{"applied-permissions/groups:readers,admins"}, false, "administrators"},
		{registry.Artifactory, "alice", []string{`applied-permissions/groups:"admins"`}, false, "administrators"},
		{registry.Artifactory, "alice", []string{"applied-permissions/groups:readers"}, false, ""},
		{registry.Artifactory, "alice", []string{"applied-permissions/groups:nope"}, false, "does not exist"},
		{registry.Artifactory, "alice", []string{"applied-permissions/groups:Operators"}, false, "administrators"},
		{registry.Artifactory, "_system_", []string{"applied-permissions/groups:readers"}, false, "service of the registry"},
		{registry.Artifactory, "access-admin", []string{"applied-permissions/groups:readers"}, false, "service of the registry"},
		{registry.Artifactory, "alice", []string{"system:identities:*"}, false, "administrator rights"},
		{registry.Artifactory, "alice", []string{"system:identities:r"}, false, ""},
		{registry.Artifactory, "alice", []string{"system:*:*"}, false, "administrator rights"},
		{registry.Artifactory, "alice", []string{"system:*:r"}, false, "administrator rights"},
		{registry.Artifactory, "alice", []string{"applied-permissions/roles:acme:Viewer"}, false, "project role"},
		{registry.Artifactory, "alice", []string{"applied-permissions/roles:acme:Viewer"}, true, ""},
		{registry.Artifactory, "job", []string{"applied-permissions/groups:readers"}, false, ""},
		{registry.Artifactory, "job", []string{"applied-permissions/groups:readers", "applied-permissions/user"}, false, "has no user"},
		{registry.Artifactory, "Admin", []string{"applied-permissions/groups:readers"}, false, "cannot be the subject"},
		{registry.ArtifactKeeper, "job", []string{"read:artifacts"}, false, "has no user"},
		{registry.ArtifactKeeper, "job", []string{"applied-permissions/groups:readers"}, true, "has no user"},
		{registry.ArtifactKeeper, "alice", []string{"delete:artifacts"}, false, "administrator rights"},
		{registry.ArtifactKeeper, "alice", []string{"*"}, false, "administrator rights"},
		{registry.ArtifactKeeper, "alice", []string{"read:artifacts", "admin"}, false, "administrator rights"},
		{registry.ArtifactKeeper, "alice", []string{"read:artifacts", "write:artifacts"}, false, ""},
	} {
		mint := minter{
			reg:        &registry.Registry{Server: registry.Server{Type: c.kind}, Users: users, Groups: groups},
			allowAdmin: c.allow,
		}
		var diags diag.Diagnostics
		_, ok := mint.owner(t.Context(), c.name, registry.MustParseScopes(c.scopes...), &diags)
		switch {
		case ok != (c.says == "") || diags.HasError() == ok:
			t.Errorf("%s %v: %t, %v", c.name, c.scopes, ok, diags)
		case !ok && !strings.Contains(diags[0].Detail(), c.says):
			t.Errorf("%s %v: %q lacks %q", c.name, c.scopes, diags[0].Detail(), c.says)
		}
	}
}

// A subject without an account is believed only if the list does not have it either: else a disabled account and an
// administrator would get the token of nobody.
func TestTransientSubjectIsNotListed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		users fakeUsers
		ok    bool
	}{
		"nobody":             {fakeUsers{}, true},
		"somebody alike":     {fakeUsers{listed: []string{"job-2", "my-job"}}, true},
		"there":              {fakeUsers{listed: []string{"job-2", "job"}}, false},
		"there, in capitals": {fakeUsers{listed: []string{"JOB"}}, false},
		"no list":            {fakeUsers{unlisted: &registry.Error{Kind: registry.KindForbidden, Op: "list"}}, false},
	} {
		mint := minter{reg: &registry.Registry{
			Server: registry.Server{Type: registry.Artifactory}, Users: c.users, Groups: fakeGroups{admin: map[string]bool{"readers": false}},
		}}
		var diags diag.Diagnostics
		_, ok := mint.owner(t.Context(), "job", registry.MustParseScopes("applied-permissions/groups:readers"), &diags)
		if ok != c.ok || diags.HasError() == ok {
			t.Errorf("%s: %t, %v", name, ok, diags)
		}
	}
}

// A list without the new token does not mean that it was not stored: a token that counts as not stored is never revoked.
func TestSettleAsksForWhatTheListLacks(t *testing.T) {
	t.Parallel()
	tokens := &fakeTokens{live: []registry.Token{{ID: "new", Username: "alice", Label: "the list lacks it"}}}
	minted := registry.MintedToken{Token: registry.Token{ID: "new", Username: "alice"}}
	mint := minter{reg: &registry.Registry{Tokens: tokens}}
	stored, err := mint.settle(t.Context(), "", minted, "k")
	if err != nil || stored == nil || strings.Join(tokens.calls, " ") != "list get" {
		t.Errorf("%+v %v after %q", stored, err, tokens.calls)
	}
	minted.ID = "short-lived"
	if stored, err := mint.settle(t.Context(), "", minted, "k"); err != nil || stored != nil {
		t.Errorf("%+v %v", stored, err)
	}
}

// No account and no choice of scopes gets an administrator's token past the check.
func TestOwnerIsNeverAnAdministrator(t *testing.T) {
	t.Parallel()
	scope := rapid.SampledFrom([]string{
		"applied-permissions/user", "applied-permissions/admin", "Applied-Permissions/Admin", " admin ", "*", "applied-permissions/groups:readers",
		"applied-permissions/groups:admins", `applied-permissions/groups:"readers","admins"`, "read:artifacts", "system:permissions:rw", "artifact:npm/**:r",
	})
	rapid.Check(t, func(r *rapid.T) {
		user := registry.User{
			ID: "1", Username: "u", Enabled: rapid.Bool().Draw(r, "enabled"), Admin: rapid.Bool().Draw(r, "admin"),
			ServiceAccount: rapid.Bool().Draw(r, "service"),
		}
		scopes := rapid.SliceOfN(scope, 1, 4).Draw(r, "scopes")
		mint := minter{reg: &registry.Registry{
			Server: registry.Server{Type: registry.Artifactory},
			Users:  fakeUsers{byName: map[string]registry.User{"u": user}},
			Groups: fakeGroups{admin: map[string]bool{"readers": false, "admins": true}},
		}}
		var diags diag.Diagnostics
		parsed, err := registry.ParseScopes(scopes)
		if err != nil {
			return
		}
		_, ok := mint.owner(t.Context(), "u", parsed, &diags)
		risky := strings.Contains(strings.ToLower(strings.Join(scopes, " ")), "admin") || slices.Contains(scopes, "*") || slices.Contains(scopes, "system:permissions:rw")
		if ok && (user.Admin || !user.Enabled || user.ServiceAccount || risky) {
			r.Errorf("a token of %+v with %q would be minted", user, scopes)
		}
	})
}
