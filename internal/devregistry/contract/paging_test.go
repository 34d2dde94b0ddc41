package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// How much the large registry holds besides its seeds.
const (
	manyUsers       = 1000
	manyGroups      = 200
	manyPermissions = 500
	manyTokens      = 5000
)

// large is a registry with so many objects that nothing fits on one page.
type large struct {
	t      *testing.T
	server *devregistry.Server
	client *http.Client
	// ids and names of what is in it from beginning to end.
	userIDs, users, groupIDs, groups, permissions, tokens []string
}

// startLarge fills a registry through its store, which takes milliseconds.
func startLarge(t *testing.T, dialect devregistry.Dialect) *large {
	t.Helper()
	l := &large{t: t, server: devregistrytest.Start(t, dialect)}
	l.client = devregistrytest.Client(t, l.server)
	for i := range manyUsers {
		l.userIDs, l.users = append(l.userIDs, uuid.NewString()), append(l.users, fmt.Sprintf("user-%04d", i))
	}
	for i := range manyGroups {
		l.groupIDs, l.groups = append(l.groupIDs, uuid.NewString()), append(l.groups, fmt.Sprintf("group-%04d", i))
	}
	for range manyTokens {
		l.tokens = append(l.tokens, uuid.NewString())
	}
	l.server.Store.Update(func(st *state.State) { l.fill(st, time.Now().Add(-time.Hour), dialect) })
	return l
}

func (l *large) fill(st *state.State, made time.Time, dialect devregistry.Dialect) {
	realm := map[devregistry.Dialect]string{devregistry.Artifactory: "internal", devregistry.ArtifactKeeper: "local"}[dialect]
	for i, name := range l.users {
		st.Users = append(st.Users, &state.User{
			ID: l.userIDs[i], Username: name, Email: name + "@example.com", Active: true, AuthProvider: realm, CreatedAt: made,
		})
	}
	for i, name := range l.groups {
		st.Groups = append(st.Groups, &state.Group{ID: l.groupIDs[i], Name: name, Realm: realm, CreatedAt: made, UpdatedAt: made})
	}
	for _, id := range l.userIDs {
		everybody := st.GroupByID(l.groupIDs[0])
		everybody.Members = append(everybody.Members, state.Member{UserID: id, JoinedAt: made})
	}
	for i, id := range l.tokens {
		owner := i % manyUsers
		st.Tokens = append(st.Tokens, &state.Token{
			ID: id, UserID: l.userIDs[owner], Username: l.users[owner], Label: fmt.Sprintf("token %04d", i), Hash: state.Digest(id),
			Scopes: []string{"applied-permissions/user"}, IssuedAt: made.Add(time.Duration(i) * time.Millisecond), Revocable: true,
		})
	}
	for i := range manyPermissions {
		id := uuid.NewString()
		name := fmt.Sprintf("permission-%04d", i)
		if dialect == devregistry.Artifactory {
			l.permissions = append(l.permissions, name)
			st.Targets = append(st.Targets, &state.PermissionTarget{Name: name, CreatedAt: made, ModifiedAt: made})
			continue
		}
		l.permissions = append(l.permissions, id)
		st.Rows = append(st.Rows, &state.PermissionRow{
			ID: id, PrincipalType: "user", PrincipalID: l.userIDs[i], TargetType: "repository", TargetID: uuid.NewString(),
			Actions: []string{"read"}, CreatedAt: made, UpdatedAt: made,
		})
	}
}

// call sends a request as the administrator and decodes the answer into out, if there is one.
func (l *large) call(ctx context.Context, method, path string, body, out any) error {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, l.server.URL+path, content)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+l.server.AdminToken)
	request.Header.Set("Content-Type", "application/json")
	response, err := l.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: status %d: %s", method, path, response.StatusCode, answer)
	}
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal(answer, out)
}

// get decodes the answer of a GET.
func (l *large) get(path string, out any) {
	l.t.Helper()
	if err := l.call(l.t.Context(), http.MethodGet, path, nil, out); err != nil {
		l.t.Fatal(err)
	}
}

// meanwhile runs write over and over, with a new number each time, while read runs. At least one write happens before.
func (l *large) meanwhile(write func(ctx context.Context, n int) error, read func()) {
	l.t.Helper()
	if err := write(l.t.Context(), 0); err != nil {
		l.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(l.t.Context())
	var writer sync.WaitGroup
	var failed error
	writer.Go(func() {
		for n := 1; ctx.Err() == nil && failed == nil; n++ {
			// The write is finished even if the reading ends meanwhile.
			failed = write(context.WithoutCancel(ctx), n)
		}
	})
	// Deferred, since read may give the test up.
	defer func() {
		stop()
		writer.Wait()
		if failed != nil {
			l.t.Error(failed)
		}
	}()
	read()
}

// exactlyOnce checks that everything wanted was read, and nothing at all twice.
func (l *large) exactlyOnce(what string, want, got []string) {
	l.t.Helper()
	seen := l.noneMissed(what, want, got)
	for name, times := range seen {
		if times > 1 {
			l.t.Errorf("%s: %s was read %d times", what, name, times)
		}
	}
}

// noneMissed checks that everything wanted was read at least once.
func (l *large) noneMissed(what string, want, got []string) map[string]int {
	l.t.Helper()
	seen := map[string]int{}
	for _, name := range got {
		seen[name]++
	}
	for _, name := range want {
		if seen[name] == 0 {
			l.t.Errorf("%s: %s was never read", what, name)
		}
	}
	return seen
}
