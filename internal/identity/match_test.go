package identity

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// directory is a registry's accounts, with the look-ups that the registry has.
type directory struct {
	registry.Users
	artifactory bool
	accounts    []registry.User
	fail        error
	asked       []string
	// astray is how many look-ups by name say wrongly that there is nobody.
	astray int
}

func (d *directory) FindByUsername(_ context.Context, name string) (registry.User, error) {
	d.asked = append(d.asked, "name "+name)
	if d.fail != nil {
		return registry.User{}, d.fail
	}
	if d.astray > 0 {
		d.astray--
		return registry.User{}, &registry.Error{Kind: registry.KindNotFound}
	}
	for _, u := range d.accounts {
		if u.Username == name {
			return u, nil
		}
	}
	return registry.User{}, &registry.Error{Kind: registry.KindNotFound}
}

func (d *directory) FindByEmail(ctx context.Context, email string) ([]registry.User, error) {
	if d.artifactory {
		user, err := d.FindByUsername(ctx, registry.LowerASCII(email))
		if registry.IsNotFound(err) {
			return nil, nil
		}
		return []registry.User{user}, err
	}
	d.asked = append(d.asked, "email "+email)
	var found []registry.User
	for _, u := range d.accounts {
		if registry.EqualFoldASCII(u.Email, email) {
			found = append(found, u)
		}
	}
	return found, d.fail
}

func (d *directory) List(context.Context, registry.UserFilter) iter.Seq2[registry.User, error] {
	d.asked = append(d.asked, "all")
	return func(yield func(registry.User, error) bool) {
		if d.fail != nil {
			yield(registry.User{}, d.fail)
			return
		}
		for _, u := range d.accounts {
			if d.artifactory {
				u = registry.User{ID: u.ID, Username: u.Username, Enabled: u.Enabled, Partial: true}
			}
			if !yield(u, nil) {
				return
			}
		}
	}
}

func (d *directory) Get(_ context.Context, id string) (registry.User, error) {
	for _, u := range d.accounts {
		if u.ID == id && u.Username != "ghost" {
			return u, nil
		}
	}
	return registry.User{}, &registry.Error{Kind: registry.KindNotFound}
}

func account(name, email string) registry.User {
	return registry.User{ID: "id-" + name, Username: name, Email: email, Enabled: true}
}

func accounts() []registry.User {
	boss := account("boss", "boss@example.com")
	boss.Admin = true
	carol := account("carol", "carol@example.com")
	carol.Enabled = false
	bot := account("bot", "bot@example.com")
	bot.ServiceAccount = true
	return []registry.User{
		account("alice", "alice@example.com"), boss, carol, bot, account("dana", "d.whitfield@example.org"),
		account("erin@example.com", "erin@example.com"), account("twin-a", "twin@example.com"), account("twin-b", "TWIN@example.com"),
		account("kelvin", "kelvin@example.com"), account("nomail", ""), account("ghost", "ghost@example.com"),
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	const both, artifactory, keeper = "", registry.Artifactory, registry.ArtifactKeeper
	for name, c := range map[string]struct {
		on     registry.Type
		person person
		user   string // who they are
		by     string
		err    error // or why they are nobody
	}{
		"the same name and address":            {both, person{Username: "alice", Email: "alice@example.com"}, "alice", "", nil},
		"the address alone":                    {keeper, person{Email: "d.whitfield@example.org"}, "dana", byEmail, nil},
		"the address alone cannot be searched": {artifactory, person{Email: "d.whitfield@example.org"}, "", "", errMissing},
		"the address in capitals":              {both, person{Username: "alice", Email: "ALICE@Example.COM"}, "alice", "", nil},
		"an account named by the address":      {artifactory, person{Username: "erin", Email: "Erin@example.com"}, "erin@example.com", byEmail, nil},
		"the name in capitals is folded":       {artifactory, person{Username: "Alice", Email: "alice@example.com", Match: []string{byUsername}}, "alice", byUsername, nil},
		"the name in capitals is another name": {keeper, person{Username: "Alice", Email: "alice@example.com", Match: []string{byUsername}}, "", "", errMissing},
		"nobody":                               {both, person{Username: "zoe", Email: "zoe@example.com"}, "", "", errMissing},
		"a name that cannot exist":             {both, person{Username: " zoe", Email: "zoe@example.com", Match: []string{byUsername}}, "", "", errMissing},

		"a colleague's name":                 {both, person{Username: "alice", Email: "mallory@example.com"}, "", "", errMismatch},
		"a colleague's name alone":           {both, person{Username: "alice", Email: "mallory@example.com", Match: []string{byUsername}}, "", "", errMismatch},
		"an account without an address":      {both, person{Username: "nomail", Email: "nomail@example.com"}, "", "", errMismatch},
		"a name in another alphabet":         {both, person{Username: "kelvin", Email: "\u212aelvin@example.com"}, "", "", errMismatch},
		"no address to verify":               {both, person{Username: "alice"}, "", "", errNoEmail},
		"a colleague's name, then their own": {keeper, person{Username: "alice", Email: "d.whitfield@example.org", Match: []string{byUsername, byEmail}}, "dana", byEmail, nil},

		"the local part":                     {both, person{Username: "x", Email: "alice@example.com", Match: []string{byLocalPart}}, "alice", byLocalPart, nil},
		"the local part of another's domain": {both, person{Email: "alice@evil.example", Match: []string{byLocalPart}}, "", "", errMismatch},

		"an administrator":              {both, person{Username: "boss", Email: "boss@example.com"}, "", "", registry.ErrAdministrator},
		"an administrator, as allowed":  {both, person{Username: "boss", Email: "boss@example.com", AllowAdmin: true}, "boss", "", nil},
		"a disabled account":            {both, person{Username: "carol", Email: "carol@example.com", AllowAdmin: true}, "", "", registry.ErrDisabled},
		"a service account":             {both, person{Username: "bot", Email: "bot@example.com", AllowAdmin: true}, "", "", registry.ErrServiceAccount},
		"an administrator by override":  {both, person{Email: "boss@example.com", Override: map[string]string{"boss@example.com": "boss"}}, "", "", registry.ErrAdministrator},
		"no weaker match after refusal": {keeper, person{Username: "alice", Email: "carol@example.com"}, "", "", registry.ErrDisabled},

		"several accounts": {keeper, person{Username: "alice", Email: "twin@example.com"}, "", "", errSeveral},
		"several, by scan": {both, person{Email: "twin@example.com", Match: []string{byUsername}, Scan: true}, "", "", errSeveral},
		"one, by scan":     {both, person{Email: "D.Whitfield@example.org", Match: []string{byUsername}, Scan: true}, "dana", byScan, nil},
		"none, by scan":    {both, person{Email: "zoe@example.com", Scan: true}, "", "", errMissing},

		"an override by address": {
			both, person{Username: "x", Email: "D.Whitfield@example.org", Override: map[string]string{"d.whitfield@example.org": "dana"}}, "dana", byOverride, nil,
		},
		"an override by user name": {
			both, person{Username: "whit", Email: "d.whitfield@example.org", Override: map[string]string{"whit": "dana"}}, "dana", byOverride, nil,
		},
		"the address goes before the user name": {
			both,
			person{Username: "whit", Email: "d.whitfield@example.org", Override: map[string]string{"whit": "alice", "d.whitfield@example.org": "dana"}},
			"dana", byOverride, nil,
		},
		"an override is verified": {both, person{Email: "mallory@example.com", Override: map[string]string{"mallory@example.com": "alice"}}, "", "", errMismatch},
		"an override to nobody":   {both, person{Username: "alice", Email: "alice@example.com", Override: map[string]string{"alice": "zoe"}}, "", "", errMissing},
		"somebody else's override": {
			both, person{Username: "alice", Email: "alice@example.com", Override: map[string]string{"bob": "boss"}}, "alice", "", nil,
		},
	} {
		for _, on := range []registry.Type{artifactory, keeper} {
			if c.on != both && c.on != on {
				continue
			}
			t.Run(name+" on "+string(on), func(t *testing.T) {
				t.Parallel()
				p := c.person
				p.VerifyEmail = true
				if p.Match == nil {
					p.Match = defaultMatch
				}
				got, err := resolve(t.Context(), &directory{artifactory: on == artifactory, accounts: accounts()}, on, p)
				if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
					t.Fatalf("resolve() = %q, %v; want the reason %v", got.Username, err, c.err)
				}
				if got.Username != c.user || c.by != "" && got.MatchedBy != c.by {
					t.Errorf("resolve() = %q by %s, want %q by %s", got.Username, got.MatchedBy, c.user, c.by)
				}
			})
		}
	}
}

// Without the check, whoever chooses their name chooses their account; the other conditions still hold.
func TestResolveUnverified(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]error{"alice": nil, "boss": registry.ErrAdministrator, "carol": registry.ErrDisabled, "bot": registry.ErrServiceAccount} {
		got, err := resolve(t.Context(), &directory{accounts: accounts()}, registry.ArtifactKeeper, person{Username: name, Match: defaultMatch})
		if !errors.Is(err, want) || want == nil && got.Username != name {
			t.Errorf("%s: resolve() = %q, %v", name, got.Username, err)
		}
	}
}

func TestResolvePassesErrorsOn(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	for _, match := range [][]string{{byEmail}, {byUsername}, {}} {
		p := person{Username: "alice", Email: "alice@example.com", Match: match, VerifyEmail: true, Scan: true}
		_, err := resolve(t.Context(), &directory{accounts: accounts(), fail: down}, registry.ArtifactKeeper, p)
		if !errors.Is(err, down) {
			t.Errorf("match = %v: resolve() = %v", match, err)
		}
	}
}

// What cannot name an account costs no request.
func TestResolveAsksOnlyWhatCanBe(t *testing.T) {
	t.Parallel()
	d := &directory{artifactory: true, accounts: accounts()}
	p := person{Username: "Jane Doe", Email: "o'brien@example.com", Match: []string{byEmail, byUsername, byLocalPart}, VerifyEmail: true}
	if _, err := resolve(t.Context(), d, registry.Artifactory, p); !errors.Is(err, errMissing) {
		t.Errorf("resolve() = %v", err)
	}
	if len(d.asked) != 0 {
		t.Errorf("asked for %v", d.asked)
	}
}

func TestResolveStopsAtTheFirstMatch(t *testing.T) {
	t.Parallel()
	d := &directory{accounts: accounts()}
	p := person{Username: "alice", Email: "alice@example.com", Match: defaultMatch, VerifyEmail: true, Scan: true}
	if _, err := resolve(t.Context(), d, registry.ArtifactKeeper, p); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"email alice@example.com"}, d.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// One answer that goes astray neither makes a person nobody nor, where addresses are not verified, somebody else.
func TestResolveConfirmsThatSomebodyIsMissing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		person person
		astray int
		want   string
	}{
		"the only look-up":          {person{Username: "alice", Email: "alice@example.com", Match: []string{byUsername}, VerifyEmail: true}, 1, "alice"},
		"the last look-up":          {person{Username: "alice", Email: "alice@example.com", Match: defaultMatch, VerifyEmail: true}, 2, "alice"},
		"before one that is weaker": {person{Username: "kelvin", Email: "erin@example.com", Match: defaultMatch}, 1, "erin@example.com"},
	} {
		d := &directory{artifactory: true, accounts: accounts(), astray: c.astray}
		got, err := resolve(t.Context(), d, registry.Artifactory, c.person)
		if err != nil || got.Username != c.want {
			t.Errorf("%s: resolve() = %q, %v after %v", name, got.Username, err, d.asked)
		}
	}
	d := &directory{artifactory: true, accounts: accounts()}
	_, err := resolve(t.Context(), d, registry.Artifactory, person{Username: "nobody", Email: "n@example.com", Match: defaultMatch, VerifyEmail: true, Scan: true})
	if !errors.Is(err, errMissing) || strings.Count(strings.Join(d.asked, "\n"), "all") != 2 || len(d.asked) != 6 {
		t.Errorf("resolve() = %v after %v, want each look-up twice", err, d.asked)
	}
}

// Two spellings of one address in the override must not be settled by chance.
func TestOverrideIsDeterministic(t *testing.T) {
	t.Parallel()
	p := person{Email: "a@example.com", Override: map[string]string{"A@example.com": "one", "a@Example.com": "two"}}
	for range 50 {
		if got := p.overridden(); got != "one" {
			t.Fatalf("overridden() = %q", got)
		}
	}
}

// Each refusal says who, what was found and what to do.
func TestRefusalsAdvise(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]person{
		"registry_user":      {Username: "zoe", Email: "zoe@example.com"},
		"verify_email":       {Username: "alice", Email: "mallory@example.com"},
		"override":           {Email: "twin@example.com"},
		"allow_admin_tokens": {Username: "boss", Email: "boss@example.com"},
		"Enable it":          {Username: "carol", Email: "carol@example.com"},
		"own account":        {Username: "bot", Email: "bot@example.com"},
	} {
		p.Match, p.VerifyEmail = defaultMatch, true
		_, err := resolve(t.Context(), &directory{accounts: accounts()}, registry.ArtifactKeeper, p)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v does not say %q", p, err, want)
		}
	}
}
