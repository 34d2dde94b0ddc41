package provider_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
)

const (
	// fewTokens is how many tokens are minted on each registry in `make test`; ADMIN_TOKENS says another number.
	fewTokens = 150
	// drawsPerToken bounds the draws: most are refused.
	drawsPerToken = 40
	// enough is how many tokens are minted at most with allow_admin_tokens, until one acts as an administrator.
	enough = 1000
)

// No token that the provider mints without allow_admin_tokens can do anything that only an administrator may, whoever it is
// asked for, with whatever scopes, on whatever road. Each token is tried at ten actions of an administrator. With
// allow_admin_tokens some succeed, or the test would prove nothing.
func TestNoTokenActsAsAdministrator(t *testing.T) {
	t.Parallel()
	want := fewTokens
	if wish := os.Getenv("ADMIN_TOKENS"); wish != "" {
		var err error
		if want, err = strconv.Atoi(wish); err != nil || want < 1 {
			t.Fatalf("ADMIN_TOKENS is %q, want a number from 1", wish)
		}
	}
	trustedByBoth(t, func(t *testing.T, r *trusting) {
		m := newMinting(t, r)
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		got := m.run(rand.New(rand.NewPCG(seed, 0)), want, false)
		t.Logf("%s: %d draws, %d tokens by road %v, %d actions tried, %d succeeded", r.Dialect, got.draws, got.tokens, got.roads, got.tried, got.succeeded)
		if got.succeeded != 0 || got.tokens < want {
			t.Errorf("%d tokens were tried, %d of %d actions succeeded", got.tokens, got.succeeded, got.tried)
		}
		for name := range roads {
			if got.roads[name] == 0 && want >= fewTokens {
				t.Errorf("no token came by the road %q", name)
			}
		}
		if with := m.run(rand.New(rand.NewPCG(seed, 1)), enough, true); with.succeeded == 0 {
			t.Error("with allow_admin_tokens no action succeeds either, so nothing is tested")
		}
	})
}

// minting draws what a token is asked for, and tries what comes of it.
type minting struct {
	*trusting
	t      *testing.T
	client *http.Client
	cores  map[string]*plugintest.Core // by how the provider signs in, and whether it allows administrators' tokens
	seeded struct {
		users  []*state.User
		groups []*state.Group
		tokens int
	}

	rng   *rand.Rand
	allow bool
	count tally
}

type tally struct {
	draws, tokens, tried, succeeded int
	roads                           map[string]int
}

func newMinting(t *testing.T, r *trusting) *minting {
	t.Helper()
	m := &minting{trusting: r, t: t, client: devregistrytest.Client(t, r.Server), cores: map[string]*plugintest.Core{}}
	r.Server.Store.View(func(s *state.State) {
		m.seeded.users, m.seeded.groups, m.seeded.tokens = s.Users, s.Groups, len(s.Tokens)
	})
	for _, allow := range []bool{false, true} {
		plain := r.Core(t)
		plain.Provider["allow_admin_tokens"] = allow
		byExchange := r.Core(t)
		delete(byExchange.Provider, "access_token")
		byExchange.Provider["allow_admin_tokens"] = allow
		byExchange.Provider["oidc"] = map[string]any{"provider_name": r.provider, "token": r.token(t, "platform")}
		m.cores[fmt.Sprint("token ", allow)], m.cores[fmt.Sprint("oidc ", allow)] = plain, byExchange
	}
	return m
}

// run draws until so many tokens were tried. With allow_admin_tokens the first success is enough.
func (m *minting) run(rng *rand.Rand, want int, allow bool) tally {
	m.rng, m.allow, m.count = rng, allow, tally{roads: map[string]int{}}
	names := make([]string, 0, len(roads))
	for _, name := range roadNames {
		if roads[name] != nil {
			names = append(names, name)
		}
	}
	for m.count.tokens < want && m.count.draws < want*drawsPerToken && (!allow || m.count.succeeded == 0) {
		m.count.draws++
		m.people()
		road := pick(rng, names)
		before := m.count.tokens
		roads[road](m)
		m.count.roads[road] += m.count.tokens - before
	}
	return m.count
}

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

func (m *minting) chance(in int) bool { return m.rng.IntN(in) == 0 }

// core is a provider that signs in with a token.
func (m *minting) core() *plugintest.Core { return m.cores[fmt.Sprint("token ", m.allow)] }

const (
	personID = "00000000-0000-4000-8000-0000000000a1"
	person   = "person"
)

// people resets the registry: a person with drawn flags, an administrator, and groups with and without administrators.
func (m *minting) people() {
	m.Server.Store.Update(func(s *state.State) {
		s.Users = append([]*state.User{}, m.seeded.users...)
		s.Groups = append([]*state.Group{}, m.seeded.groups...)
		s.Tokens = s.Tokens[:m.seeded.tokens]
		local := acctest.Pick(m.Env, "internal", "local")
		u := &state.User{
			ID: personID, Username: person, Email: person + "@example.com", AuthProvider: local,
			Active: !m.chance(6), Admin: m.chance(4), ServiceAccount: m.IsArtifactKeeper() && m.chance(6),
		}
		s.Users = append(s.Users, u, &state.User{
			ID: "00000000-0000-4000-8000-0000000000a2", Username: "boss", Email: "boss@example.com", AuthProvider: local, Active: true, Admin: true,
		})
		operators := &state.Group{ID: "00000000-0000-4000-8000-0000000000b1", Name: "operators", AdminPrivileges: !m.IsArtifactKeeper()}
		if m.chance(4) {
			operators.Members = append(operators.Members, state.Member{UserID: u.ID})
		}
		if !m.IsArtifactKeeper() && m.chance(2) { // names that are patterns of, or look like, the administrators' group
			for i, name := range []string{"operator[s]", "Operators", "OPERATORS", "operator?", "{operators}"} {
				s.Groups = append(s.Groups, &state.Group{ID: fmt.Sprintf("00000000-0000-4000-8000-0000000000d%d", i), Name: name})
			}
		}
		s.Groups = append(s.Groups, operators,
			&state.Group{ID: "00000000-0000-4000-8000-0000000000b2", Name: "admin team", AdminPrivileges: !m.IsArtifactKeeper()},
			&state.Group{ID: "00000000-0000-4000-8000-0000000000b3", Name: "crew", Members: []state.Member{{UserID: u.ID}}},
			&state.Group{ID: "00000000-0000-4000-8000-0000000000b4", Name: "dev team"})
	})
}

// username is mostly the person; sometimes an administrator, another spelling, or nobody.
func (m *minting) username() string {
	if m.chance(3) {
		return pick(m.rng, []string{"boss", "admin", "alice", "Person", "PERSON", "job", "person ", "pers\u043en", "boss@example.com"})
	}
	return person
}

// harmless and harmful are scopes; what is drawn is made of them.
func (m *minting) words() (harmless, harmful []string) {
	if m.IsArtifactKeeper() {
		harmless = []string{"read:artifacts", "write:artifacts", "read:repositories", "write:repositories", "read:users"}
		harmful = []string{"admin", "*", "write:users", "delete:repositories", "write", "Admin", "ADMIN", "*:*", "write:*"}
		return harmless, harmful
	}
	harmless = []string{
		"applied-permissions/user", "applied-permissions/groups:crew", `applied-permissions/groups:"dev team"`, "applied-permissions/groups:crew,crew", "artifact:*:r", "artifact:npm-private:r,w",
		"system:identities:r", "system:permissions:r", "system:metrics:r",
	}
	harmful = []string{
		"applied-permissions/admin", "Applied-Permissions/Admin", "applied-permissions/groups:operators", `applied-permissions/groups:"operators"`, `applied-permissions/groups:"admin team"`,
		"applied-permissions/groups:crew,operators", `applied-permissions/groups:"crew,operators"`, "applied-permissions/groups:*", "applied-permissions/groups", "applied-permissions/groups:OPERATORS", "applied-permissions/groups:Operators", "applied-permissions/groups:operator[s]", "applied-permissions/groups:{operators}", "artifact:*:m", "artifact:*:*", "build:*:rm", "system:livelogs:r", "system:identities:rw",
		"system:permissions:r,w", "system:*:*", "system:*:w", "System:Identities:*", `"applied-permissions/admin"`, `applied-permissions/"admin"`, "applied-permissions/roles:p:Project Admin", "admin", "*",
	}
	return harmless, harmful
}

var (
	gaps   = []string{" ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u2003", "\u2028", "\u3000", "\u0085", "\u200b", ",", ";", `" "`, `\ `, ""}
	quotes = []string{`"`, `'`, `\"`, "\u201c"}
)

// scopes draws a list of scopes; nil names none.
func (m *minting) scopes() []string {
	if m.chance(5) {
		return nil
	}
	harmless, harmful := m.words()
	var list []string
	for range 1 + m.rng.IntN(3) {
		text := pick(m.rng, harmless)
		switch m.rng.IntN(12) {
		case 0, 1, 2:
			text = pick(m.rng, harmful)
		case 3, 4:
			text += pick(m.rng, gaps) + pick(m.rng, harmful)
		case 5:
			q := pick(m.rng, quotes)
			text = pick(m.rng, harmless) + ":" + q + "x" + pick(m.rng, gaps) + pick(m.rng, harmful) + q
		case 6:
			text = pick(m.rng, gaps) + text + pick(m.rng, gaps)
		case 7:
			text = strings.ToUpper(text)
		}
		list = append(list, text)
	}
	return list
}

// config is a token's configuration with drawn arguments.
func (m *minting) config(username string) map[string]any {
	config := map[string]any{"username": username}
	if scopes := m.scopes(); scopes != nil {
		config["scopes"] = unique(scopes)
	}
	if m.chance(3) {
		config["keepers"] = map[string]any{"k": strconv.Itoa(m.rng.IntN(1000))}
	}
	if !m.IsArtifactKeeper() && m.chance(4) {
		config["artifactory"] = map[string]any{"audience": pick(m.rng, []string{"*@*", "jfrt@*", "jfac@* jfrt@*"}), "refreshable": m.chance(2), "reference": m.chance(2), "force_revocable": m.chance(2), "project_key": pick(m.rng, []any{nil, "p", "default"})}
	}
	return config
}

func unique(list []string) []string {
	var kept []string
	for _, s := range list {
		if !strings.Contains("\x00"+strings.Join(kept, "\x00")+"\x00", "\x00"+s+"\x00") {
			kept = append(kept, s)
		}
	}
	return kept
}

// try asks for what only an administrator may do. Whatever is not refused counts as success.
func (m *minting) try(o *plugintest.Object, how string) {
	for _, attribute := range []string{"access_token", "reference_token"} {
		token := o.Attribute(attribute)
		if token == "" {
			continue
		}
		m.count.tokens++
		if !m.allow {
			m.checkScopes(how)
		}
		for _, action := range m.actions() {
			m.count.tried++
			if status := m.send(token, action); status != http.StatusUnauthorized && status != http.StatusForbidden {
				m.count.succeeded++
				if !m.allow {
					m.t.Errorf("%s: %s %s answers %d", how, action[0], action[1], status)
				}
			}
		}
	}
}

// safe are the scopes that may be minted, in words of this test's own: what the embedded registry grants for a scope says
// nothing about those it does not model, and on Artifact Keeper nothing about an owner who is no administrator.
var safe = map[devregistry.Dialect]*regexp.Regexp{
	devregistry.Artifactory: regexp.MustCompile(`^(applied-permissions/user|applied-permissions/groups:("dev team"|crew)(,("dev team"|crew))*|` +
		`(artifact|build):[^:,"\s]+:[rwda,]*[rwda][rwda,]*|system:(identities|permissions|metrics|info/licenses):r)$`),
	devregistry.ArtifactKeeper: regexp.MustCompile(`^(read:artifacts|write:artifacts|read:repositories|write:repositories|read:users)$`),
}

func (m *minting) checkScopes(how string) {
	m.Server.Store.View(func(s *state.State) {
		for _, token := range s.Tokens[m.seeded.tokens:] {
			for _, scope := range token.Scopes {
				if token.Label != byHand && !safe[m.Dialect].MatchString(scope) {
					m.t.Errorf("%s: the scope %q was minted", how, scope)
				}
			}
		}
	})
}

func (m *minting) send(token string, action [3]string) int {
	req, err := http.NewRequestWithContext(m.t.Context(), action[0], m.Server.URL+action[1], bytes.NewReader([]byte(action[2])))
	if err != nil {
		m.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	res, err := m.client.Do(req)
	if err != nil {
		m.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// actions are ten things that only an administrator may do: method, path, body. Reading accounts and permissions is not
// among them on Artifactory, since that is what system:identities:r and system:permissions:r are for.
func (m *minting) actions() [][3]string {
	if m.IsArtifactKeeper() {
		return [][3]string{
			{"POST", "/api/v1/users", `{"username":"evil","email":"evil@example.com","password":"Secret-1234567890","is_admin":true}`},
			{"PATCH", "/api/v1/users/" + personID, `{"is_admin":true}`},
			{"DELETE", "/api/v1/users/00000000-0000-4000-8000-0000000000a2", ""},
			{"GET", "/api/v1/users", ""},
			{"POST", "/api/v1/groups", `{"name":"evil"}`},
			{"POST", "/api/v1/groups/00000000-0000-4000-8000-0000000000b1/members", `{"user_ids":["` + personID + `"]}`},
			{"POST", "/api/v1/users/00000000-0000-4000-8000-0000000000a2/tokens", `{"name":"evil","scopes":["read:artifacts"]}`},
			{"POST", "/api/v1/users/me/tokens", `{"name":"evil","scopes":["admin"]}`},
			{"GET", "/api/v1/admin/sso/ldap", ""},
			{"POST", "/api/v1/service-accounts", `{"name":"evil"}`},
		}
	}
	return [][3]string{
		{"POST", "/access/api/v2/users", `{"username":"evil","email":"evil@example.com","password":"Secret-1234567890","admin":true}`},
		{"PATCH", "/access/api/v2/users/" + person, `{"admin":true}`},
		{"DELETE", "/access/api/v2/users/boss", ""},
		{"POST", "/access/api/v2/groups", `{"name":"evil","admin_privileges":true}`},
		{"PATCH", "/access/api/v2/groups/operators/members", `{"add":["person"]}`},
		{"POST", "/access/api/v2/permissions", `{"name":"evil","resources":{"artifact":{"actions":{"users":{"person":["MANAGE"]}},"targets":{"ANY":{}}}}}`},
		{"POST", "/access/api/v1/tokens", `{"scope":"applied-permissions/admin"}`},
		{"POST", "/access/api/v1/tokens", `{"username":"boss","scope":"applied-permissions/user"}`},
		{"GET", "/access/api/v1/ldap/settings", ""},
		{"GET", "/access/api/v1/oidc", ""},
	}
}
