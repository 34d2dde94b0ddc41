package identity

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/connect"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// lookalikes are letters that some way of comparing takes for one another: the Kelvin sign and the long s fold to k and s,
// the Cyrillic ones only look so, and the accent may be one character or two.
var lookalikes = rapid.SampledFrom([]rune("kKKsSſaAаeEеéiİıßäÄ.+-_1l0oOо\u0301"))

func nameOf(r *rapid.T, label string) string {
	return string(rapid.SliceOfN(lookalikes, 1, 3).Draw(r, label))
}

func addressOf(r *rapid.T, label string) string {
	return nameOf(r, label) + "@" + rapid.SampledFrom([]string{"example.com", "Example.COM", "evil.example"}).Draw(r, label+" domain")
}

// sameAddress compares byte by byte, as no code under test does: only A to Z stand for a to z.
func sameAddress(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		x, y := a[i], b[i]
		letter := 'a' <= x|0x20 && x|0x20 <= 'z'
		if x != y && (!letter || x|0x20 != y|0x20) {
			return false
		}
	}
	return true
}

// Whoever people are called and whatever accounts a registry has: with their address verified, nobody becomes an account
// of another address, an administrator, a disabled account or a bot, and no two people become one account. Names, which
// people of Coder can change, decide nothing.
func TestResolveNeverMistakesAPerson(t *testing.T) {
	t.Parallel()
	for _, dialect := range []devregistry.Dialect{devregistry.Artifactory, devregistry.ArtifactKeeper} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			server := devregistrytest.Start(t, dialect)
			reg := open(t, server)
			var seeded []*state.User
			server.Store.View(func(s *state.State) { seeded = s.Users })
			resolved := 0
			rapid.Check(t, func(r *rapid.T) {
				accounts := populate(r, server, seeded)
				owner := map[string]string{} // account to the address of whom it was given
				for range rapid.IntRange(2, 4).Draw(r, "people") {
					p := person{Username: nameOf(r, "person"), Email: addressOf(r, "person"), VerifyEmail: true, Scan: rapid.Bool().Draw(r, "scan")}
					if rapid.Bool().Draw(r, "a person whose account exists") && len(accounts) > 0 {
						p.Email = rapid.SampledFrom(accounts).Draw(r, "whose").Email
					}
					p.Match = rapid.SliceOfDistinct(rapid.SampledFrom([]string{byEmail, byUsername, byLocalPart}), rapid.ID[string]).Draw(r, "match")
					if rapid.Bool().Draw(r, "overridden") && len(accounts) > 0 {
						p.Override = map[string]string{p.Email: rapid.SampledFrom(accounts).Draw(r, "override").Username}
					}
					p.AllowAdmin = rapid.Bool().Draw(r, "administrators allowed")
					got, err := resolve(t.Context(), reg.Users, reg.Server.Type, p)
					if err != nil {
						continue
					}
					resolved++
					judge(r, server, p, got)
					if before, taken := owner[got.ID]; taken && !sameAddress(before, p.Email) {
						r.Fatalf("<%s> and <%s> both become %q", before, p.Email, got.Username)
					}
					owner[got.ID] = p.Email
				}
			})
			if resolved == 0 {
				t.Error("nobody was ever found, so nothing was tested")
			}
		})
	}
}

func open(t *testing.T, server *devregistry.Server) *registry.Registry {
	t.Helper()
	connection, err := connect.New(connect.Config{Type: registry.Type(server.Dialect), Config: transport.Config{
		BaseURL: server.URL, CAPEM: string(server.CAPEM), Credential: transport.Credential{AccessToken: registry.NewSecret(server.AdminToken)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := connection.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return reg
}

// populate replaces the accounts of the registry, but for those it started with, whose administrator we are.
func populate(r *rapid.T, server *devregistry.Server, seeded []*state.User) []*state.User {
	var accounts []*state.User
	taken := map[string]bool{}
	for i := range rapid.IntRange(0, 6).Draw(r, "accounts") {
		u := &state.User{
			ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i), Username: nameOf(r, "account"), Email: addressOf(r, "account"),
			Active: rapid.Bool().Draw(r, "active"), Admin: rapid.IntRange(0, 3).Draw(r, "admin") == 0, AuthProvider: "local",
			ServiceAccount: rapid.IntRange(0, 3).Draw(r, "service") == 0,
		}
		if u.ServiceAccount {
			u.Username, u.Email = "svc-"+u.Username, u.Username+"@service-accounts.local"
		}
		if server.Dialect == devregistry.Artifactory {
			u.Username, u.AuthProvider, u.ServiceAccount = registry.LowerASCII(u.Username), "internal", false
			if rapid.Bool().Draw(r, "named by an address") {
				u.Username = registry.LowerASCII(addressOf(r, "name"))
			}
		}
		if !taken[u.Username] {
			taken[u.Username] = true
			accounts = append(accounts, u)
		}
	}
	server.Store.Update(func(s *state.State) { s.Users = append(append([]*state.User{}, seeded...), accounts...) })
	return accounts
}

// judge holds the answer against the store, which knows nothing of the code under test.
func judge(r *rapid.T, server *devregistry.Server, p person, got found) {
	server.Store.View(func(s *state.State) {
		account := s.UserByName(got.Username)
		switch {
		case account == nil:
			r.Fatalf("%+v becomes %q, whom the registry does not know", p, got.Username)
		case !sameAddress(account.Email, p.Email):
			r.Fatalf("<%s> becomes %q, whose address is <%s>", p.Email, account.Username, account.Email)
		case !account.Active:
			r.Fatalf("<%s> becomes %q, which is disabled", p.Email, account.Username)
		case account.ServiceAccount:
			r.Fatalf("<%s> becomes %q, a bot", p.Email, account.Username)
		case account.Admin && !p.AllowAdmin:
			r.Fatalf("<%s> becomes the administrator %q", p.Email, account.Username)
		}
	})
}
