package provider_test

import (
	"flag"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// lives are a handful of objects that hang together, what the configuration says of each, and what Terraform remembers.
type lives struct {
	env    *acctest.Env
	core   *plugintest.Core
	config map[string]map[string]any // nil: not configured
	state  map[string]plugintest.State
}

// family are the objects, in the order in which they need each other, each with its resource.
var family = []struct{ name, resource string }{
	{"quinn", "registry_user"},
	{"robin", "registry_user"},
	{"crew", "registry_group"},
	{"edge", "registry_group_membership"},
	{"set", "registry_group_members"},
	{"rule", "registry_permission"},
	{"token", "registry_token"},
}

var persons = []string{"quinn", "robin"}

func some(r *rapid.T, label string) []string {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(persons), 0, len(persons), rapid.ID[string]).Draw(r, label)
}

// wish draws what a configuration may say of an object.
func (l *lives) wish(r *rapid.T, name string) map[string]any {
	actions := func(label string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"read", "write", "delete"}), 1, 3, rapid.ID[string]).Draw(r, label)
	}
	switch name {
	case "crew":
		config := map[string]any{"name": "crew"}
		if rapid.Bool().Draw(r, "described") {
			config["description"] = rapid.SampledFrom([]string{"a", "b"}).Draw(r, "description")
		}
		if rapid.Bool().Draw(r, "members managed") {
			config["members"] = some(r, "members")
		}
		return config
	case "edge":
		return map[string]any{"group": "developers", "username": rapid.SampledFrom(persons).Draw(r, "member")}
	case "set":
		return map[string]any{"group": "ops", "members": some(r, "members")}
	case "rule":
		config := map[string]any{"name": "npm-private", "repositories": []string{"npm-private"}, "groups": map[string]any{"developers": actions("group's")}}
		users := map[string]any{}
		for _, who := range some(r, "users") {
			users[who] = actions(who + "'s")
		}
		if len(users) > 0 {
			config["users"] = users
		}
		return config
	case "token":
		config := map[string]any{"username": rapid.SampledFrom(persons).Draw(r, "owner"), "expires_in": rapid.SampledFrom([]string{"30d", "720h", "60d"}).Draw(r, "lifetime")}
		if rapid.Bool().Draw(r, "described") {
			config["description"] = rapid.SampledFrom([]string{"a", "b"}).Draw(r, "description")
		}
		return config
	default:
		return map[string]any{
			"username": name, "email": name + rapid.SampledFrom([]string{"@example.com", "@example.org"}).Draw(r, "domain"),
			"enabled": rapid.Bool().Draw(r, "enabled"),
		}
	}
}

// needs are the people without whom an object cannot be as configured.
func (l *lives) needs(name string) []string {
	config := l.config[name]
	var people []string
	if who, ok := config["username"].(string); ok && !slices.Contains(persons, name) {
		people = append(people, who)
	}
	if members, ok := config["members"].([]string); ok {
		people = append(people, members...)
	}
	if users, ok := config["users"].(map[string]any); ok {
		people = slices.AppendSeq(people, maps.Keys(users))
	}
	return people
}

// excused reports whether the registry may refuse: somebody whom the object needs is gone, or cannot have a token.
func (l *lives) excused(name string) (excused bool) {
	l.env.Server.Store.View(func(s *state.State) {
		for _, who := range l.needs(name) {
			u := s.UserByName(who)
			excused = excused || u == nil || name == "token" && !u.Active
		}
	})
	return excused
}

func (l *lives) resource(name string) plugintest.Resource {
	for _, o := range family {
		if o.name == name {
			return plugintest.Resource{Type: o.resource, Config: l.config[name]}
		}
	}
	return plugintest.Resource{}
}

// apply makes an object what the configuration says. Nothing is left to do afterwards.
func (l *lives) apply(r *rapid.T, name string) {
	after, _, err := l.core.Apply(r.Context(), l.resource(name), l.state[name])
	l.state[name] = after
	if err != nil {
		if !l.excused(name) {
			r.Fatalf("%s %v: %v", name, l.config[name], err)
		}
		return
	}
	l.settled(r, name)
}

func (l *lives) settled(r *rapid.T, name string) {
	report, err := l.core.Plan(r.Context(), l.resource(name), l.state[name])
	if err != nil || report.Action != plugintest.NoOp {
		r.Fatalf("%s %v: the plan after an apply is to %s: %v", name, l.config[name], report.Action, err)
	}
}

// behind changes something behind Terraform's back. What is not there cannot be changed.
func (l *lives) behind(r *rapid.T) {
	ctx, reg := r.Context(), l.env.Registry
	who := rapid.SampledFrom(persons).Draw(r, "who")
	user, err := reg.Users.FindByUsername(ctx, who)
	group := rapid.SampledFrom([]string{"crew", "developers", "ops"}).Draw(r, "group")
	found, noGroup := reg.Groups.FindByName(ctx, group)
	change := rapid.SampledFrom([]string{"address", "switch", "remove user", "join", "leave", "describe", "remove group", "revoke", "grant", "remove rule"}).Draw(r, "change")
	switch {
	case change == "address" && err == nil:
		email := who + "@elsewhere.example"
		_, err = reg.Users.Update(ctx, user.ID, registry.UserPatch{Email: &email})
	case change == "switch" && err == nil:
		enabled := !user.Enabled
		_, err = reg.Users.Update(ctx, user.ID, registry.UserPatch{Enabled: &enabled})
	case change == "remove user" && err == nil:
		err = reg.Users.Delete(ctx, user.ID)
	case change == "join" && err == nil && noGroup == nil && !slices.Contains(found.Members, who):
		err = reg.Groups.ChangeMembers(ctx, found.ID, []string{who}, nil)
	case change == "leave" && err == nil && noGroup == nil && slices.Contains(found.Members, who):
		err = reg.Groups.ChangeMembers(ctx, found.ID, nil, []string{who})
	case change == "describe" && group == "crew" && noGroup == nil:
		_, err = reg.Groups.Update(ctx, found.ID, registry.GroupSpec{Name: group, Description: "somebody else's"})
	case change == "remove group" && group == "crew" && noGroup == nil:
		err = reg.Groups.Delete(ctx, found.ID)
	case change == "revoke":
		err = nil
		l.env.Server.Store.Update(func(s *state.State) {
			for _, token := range s.Tokens {
				if slices.Contains(persons, token.Username) {
					token.RevokedAt = s.Users[0].CreatedAt.Add(1)
				}
			}
		})
	default:
		err = l.otherRule(r, change)
	}
	if err != nil && !registry.IsNotFound(err) {
		r.Fatalf("%s: %v", change, err)
	}
}

func (l *lives) otherRule(r *rapid.T, change string) error {
	ctx, rules := r.Context(), l.env.Registry.Permissions
	rule, err := rules.Get(ctx, "npm-private")
	if err != nil {
		return err
	}
	prior := registry.PermissionSpec{Name: rule.Name, Repositories: rule.Repositories, Users: rule.Users, Groups: rule.Groups, Artifactory: rule.Artifactory}
	switch change {
	case "grant":
		next := prior
		next.Users = maps.Clone(rule.Users)
		if next.Users == nil {
			next.Users = map[string][]string{}
		}
		next.Users["alice"] = []string{"read"}
		_, err = rules.Update(ctx, prior, next)
	case "remove rule":
		err = rules.Delete(ctx, prior)
	}
	return err
}

// converge brings everything to what the configuration says, in the order of its needs, and the registry must agree.
func (l *lives) converge(r *rapid.T) {
	for _, o := range family {
		for _, who := range l.needs(o.name) {
			if l.config[who] == nil {
				l.config[who] = map[string]any{"username": who, "email": who + "@example.com"}
			}
		}
	}
	for _, who := range persons {
		if l.config[who] != nil {
			l.config[who]["enabled"] = true
		}
	}
	for _, o := range family {
		l.apply(r, o.name)
		if l.excused(o.name) {
			r.Fatalf("%s is still excused", o.name)
		}
	}
	for _, o := range family {
		l.settled(r, o.name)
	}
	l.env.Server.Store.View(func(s *state.State) {
		for _, who := range persons {
			u := s.UserByName(who)
			switch {
			case (u == nil) != (l.config[who] == nil):
				r.Fatalf("%s exists: %t, configured: %v", who, u != nil, l.config[who])
			case u != nil && (u.Email != l.config[who]["email"] || !u.Active):
				r.Fatalf("%+v is not %v", u, l.config[who])
			}
		}
		for object, group := range map[string]string{"crew": "crew", "set": "ops"} {
			if want, managed := l.config[object]["members"].([]string); managed {
				var got []string
				for _, m := range s.GroupByName(group).Members {
					got = append(got, s.UserByID(m.UserID).Username)
				}
				if diff := cmp.Diff(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(got))); diff != "" {
					r.Fatalf("%s (-configured +there):\n%s", group, diff)
				}
			}
		}
	})
}

// fewLives bounds how many lives are led, since each takes hundreds of requests, unless -rapid.checks asks for a number.
func fewLives(t *testing.T) int {
	t.Helper()
	checks := flag.Lookup("rapid.checks")
	if checks.Value.String() == checks.DefValue {
		return 10
	}
	wanted, err := strconv.Atoi(checks.Value.String())
	if err != nil {
		t.Fatal(err)
	}
	return wanted
}

// A registry is managed for a while, by Terraform and behind its back, in any order. Whatever happened, one more apply of
// each object brings the configuration about, the plan is empty then, and destroying everything leaves the registry as it
// was.
func TestRandomLivesEndInAnEmptyPlan(t *testing.T) {
	t.Parallel()
	acctest.ProtocolDialects(t, func(t *testing.T, _ *acctest.Protocol, env *acctest.Env) {
		if _, err := env.Registry.Groups.Create(t.Context(), registry.GroupSpec{Name: "ops"}); err != nil {
			t.Fatal(err)
		}
		env.Rebase()
		core := env.Core(t)
		left := fewLives(t)
		rapid.Check(t, func(r *rapid.T) {
			if left--; left < 0 {
				return
			}
			l := &lives{env: env, core: core, config: map[string]map[string]any{}, state: map[string]plugintest.State{}}
			names := make([]string, len(family))
			for i, o := range family {
				names[i] = o.name
			}
			name := rapid.SampledFrom(names)
			r.Repeat(map[string]func(*rapid.T){
				"configure": func(r *rapid.T) {
					n := name.Draw(r, "object")
					l.config[n] = l.wish(r, n)
					l.apply(r, n)
				},
				"apply again": func(r *rapid.T) { l.apply(r, name.Draw(r, "object")) },
				"remove": func(r *rapid.T) {
					n := name.Draw(r, "object")
					l.config[n] = nil
					l.apply(r, n)
				},
				"behind the back": l.behind,
			})
			l.converge(r)
			for _, o := range slices.Backward(family) {
				l.config[o.name] = nil
				l.apply(r, o.name)
				if !l.state[o.name].Empty() {
					r.Fatalf("%s is still in the state", o.name)
				}
			}
			if err := env.CheckUnchanged(nil); err != nil {
				r.Fatal(err)
			}
		})
	})
}
