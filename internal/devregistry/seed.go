package devregistry

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/artifactory"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// SeededRepository is a package repository of a fresh server.
type SeededRepository struct {
	Key    string `json:"key"`
	Format string `json:"format"` // npm, go, pypi, maven, cargo, docker, or conda (condanative on Artifact Keeper)
	Public bool   `json:"public"` // readable without credentials
}

// SeededUser is an account of a fresh server. The password is no secret: it opens test data only.
type SeededUser struct {
	Username string `json:"username"`
	Email    string `json:"email"`
	Password string `json:"password,omitempty"`
	Admin    bool   `json:"admin"`
	Enabled  bool   `json:"enabled"`
	// ServiceAccount marks an account of Artifact Keeper that is no person.
	ServiceAccount bool `json:"service_account,omitempty"`
}

var seededRepositories = []SeededRepository{
	{Key: "npm-private", Format: "npm"},
	{Key: "go-private", Format: "go"},
	{Key: "pypi-private", Format: "pypi"},
	{Key: "npm-public", Format: "npm", Public: true},
	{Key: "npm-secret", Format: "npm"}, // nobody is granted anything here
	{Key: "maven-private", Format: "maven"},
	{Key: "cargo-private", Format: "cargo"},
	{Key: "docker-private", Format: "docker"},
	{Key: "conda-private", Format: "conda"},
}

// seededIntegration is the OAuth client of a fresh Artifactory. Tests with a redirect address of their own put theirs beside
// it. What lifetime tokens of integrations have is not public.
var seededIntegration = state.Integration{
	ClientID: "coder", ClientSecret: "Coder-Integration-Secret", Name: "Coder",
	RedirectURIs: []string{"https://coder.example.com/external-auth/jfrog/callback"}, Lifetime: time.Hour,
}

// seededUsers cover what mapping a person to an account meets: the plain case, an administrator, a disabled account, an
// e-mail nobody would guess, an account named by its e-mail, an account that is no person. Nobody is granted anything.
var seededUsers = []SeededUser{
	{Username: "admin", Email: "admin@example.com", Admin: true, Enabled: true},
	{Username: "alice", Email: "alice@example.com", Enabled: true},
	{Username: "bob", Email: "bob@example.com", Enabled: true},
	{Username: "carol", Email: "carol@example.com"},
	{Username: "dana", Email: "d.whitfield@example.org", Enabled: true},
}

var (
	artifactoryOnly    = []SeededUser{{Username: "erin@example.com", Email: "erin@example.com", Enabled: true}}
	artifactKeeperOnly = []SeededUser{{
		Username: "svc-builder", Email: "svc-builder@service-accounts.local", Enabled: true, ServiceAccount: true,
	}}
)

// The groups of a fresh server: everybody is in readers.
const (
	groupReaders    = "readers"
	groupDevelopers = "developers"
)

// seed is what one server fills its store with, again at every reset. Ids and secrets stay the same over resets.
type seed struct {
	dialect      Dialect
	setupLock    bool // Artifact Keeper is as it is after its first boot
	serviceID    string
	repositories []SeededRepository
	users        []SeededUser
	hashes       map[string][]byte // by user name
	tokenID      string
	tokenTime    time.Time // when the administrator's token was issued
	opaqueToken  string    // Artifact Keeper's administrator token
	signedToken  string    // Artifactory's, once it was signed: that takes longer than the rest of a reset
}

func newSeed(dialect Dialect, setupLock bool) (*seed, error) {
	s := &seed{
		dialect: dialect, setupLock: setupLock, serviceID: "jfac@01" + strings.ToLower(rand.Text())[:24],
		repositories: slices.Clone(seededRepositories),
		hashes:       map[string][]byte{}, tokenID: uuid.NewString(),
		tokenTime: time.Now().Add(-24 * time.Hour).Truncate(time.Second),
	}
	var value [20]byte
	if _, err := rand.Read(value[:]); err != nil {
		return nil, err
	}
	s.opaqueToken = hex.EncodeToString(value[:4]) + "_" + hex.EncodeToString(value[4:])
	extra := artifactoryOnly
	if dialect == ArtifactKeeper {
		extra = artifactKeeperOnly
		// There "conda" is another name of Python's format; conda's own channels have this one.
		for i := range s.repositories {
			if s.repositories[i].Format == "conda" {
				s.repositories[i].Format = "condanative"
			}
		}
	}
	for _, u := range append(append([]SeededUser{}, seededUsers...), extra...) {
		if !u.ServiceAccount {
			local, _, _ := strings.Cut(u.Username, "@")
			u.Password = strings.ToUpper(local[:1]) + local[1:] + "-Passw0rd"
			hash, err := state.HashPassword(u.Password)
			if err != nil {
				return nil, fmt.Errorf("hashing the password of %s: %w", u.Username, err)
			}
			s.hashes[u.Username] = hash
		}
		s.users = append(s.users, u)
	}
	return s, nil
}

// fill writes the seeded objects into an empty state.
func (s *seed) fill(st *state.State, now time.Time) {
	// Everything is a day old: lists sorted by age have a history, and nothing seems to come from the future.
	made := now.Add(-24 * time.Hour).Truncate(time.Second)
	realm := "internal"
	if s.dialect == ArtifactKeeper {
		realm = "local"
	}
	readers := &state.Group{
		ID: id("group", groupReaders), Name: groupReaders, AutoJoin: true, Realm: realm, CreatedAt: made, UpdatedAt: made,
	}
	developers := &state.Group{
		ID: id("group", groupDevelopers), Name: groupDevelopers, Realm: realm, CreatedAt: made, UpdatedAt: made,
	}
	for i, u := range s.users {
		user := &state.User{
			ID: id("user", u.Username), Username: u.Username, Email: u.Email, PasswordHash: s.hashes[u.Username],
			Admin: u.Admin, Active: u.Enabled, AuthProvider: realm, ServiceAccount: u.ServiceAccount, ProfileUpdate: true,
			CreatedAt: made.Add(time.Duration(i) * time.Second),
		}
		st.Users = append(st.Users, user)
		if !u.ServiceAccount {
			readers.Members = append(readers.Members, state.Member{UserID: user.ID, JoinedAt: user.CreatedAt})
		}
	}
	st.Groups = append(st.Groups, readers, developers)
	for i, r := range s.repositories {
		at := made.Add(time.Duration(i) * time.Second)
		st.Repositories = append(st.Repositories, &state.Repository{
			ID: id("repository", r.Key), Key: r.Key, Name: r.Key, Format: r.Format, Kind: "local", Public: r.Public,
			Description: "Seeded " + r.Format + " repository", CreatedAt: at, UpdatedAt: at,
		})
	}
	if s.dialect == Artifactory {
		integration := seededIntegration
		st.Artifactory.Integrations = []*state.Integration{&integration}
	}
	// A server under its setup lock waits for the administrator to change the password that came with it.
	st.ArtifactKeeper.SetupDone = !s.setupLock
	st.UserByName("admin").MustChange = s.setupLock
}

// id gives a seeded object the same UUID in every run, so that recorded plans and screenshots stay true.
func id(kind, name string) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://registry.invalid/"+kind+"/"+name)).String()
}

// adminToken stores the administrator's token and gives its value.
func (s *seed) adminToken(cfg artifactory.Config, st *state.State) (string, error) {
	admin := st.UserByName("admin")
	if s.dialect != ArtifactKeeper {
		token := artifactory.AddAdminToken(st, s.tokenID, admin.Username, s.tokenTime)
		var err error
		if s.signedToken == "" {
			s.signedToken, err = artifactory.SignToken(cfg, token)
		}
		return s.signedToken, err
	}
	prefix, _, _ := strings.Cut(s.opaqueToken, "_")
	st.Tokens = append(st.Tokens, &state.Token{
		ID: s.tokenID, UserID: admin.ID, Username: admin.Username, Label: "administrator's token of the embedded registry",
		Scopes: []string{"*"}, Hash: state.Digest(s.opaqueToken), Prefix: prefix, IssuedAt: s.tokenTime, Revocable: true,
	})
	return s.opaqueToken, nil
}
