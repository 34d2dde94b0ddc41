package contract

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
)

// Artifact Keeper cuts pages by number out of a list that is made anew for every request. What it can guarantee follows
// from that, for the real server as for this one: everything exactly once while nothing changes; nothing missed while
// objects are only added, though items move to a later page and are read again; nothing twice while objects are only
// removed, though items move to a page that has been read and are missed. A client that has to be sure compares the
// totals of all pages and reads again when they differ. The three tests below say so.

// page is one page of any paged list.
type page struct {
	Items []struct {
		ID string `json:"id"`
	} `json:"items"`
	Pagination struct {
		Total      int `json:"total"`
		TotalPages int `json:"total_pages"`
	} `json:"pagination"`
}

// numbered reads one page of a list.
func (l *large) numbered(path string, number, size int) page {
	l.t.Helper()
	var p page
	l.get(fmt.Sprintf("%s?page=%d&per_page=%d", path, number, size), &p)
	return p
}

// turn reads all pages of a list, and calls between after every one. changed tells whether the total stayed the same.
func (l *large) turn(path string, size int, between func()) (ids []string, changed bool) {
	l.t.Helper()
	total := 0
	for number := 1; ; number++ {
		p := l.numbered(path, number, size)
		for _, item := range p.Items {
			ids = append(ids, item.ID)
		}
		if number == 1 {
			total = p.Pagination.Total
		}
		changed = changed || p.Pagination.Total != total
		if number >= p.Pagination.TotalPages {
			return ids, changed
		}
		between()
	}
}

// lists are the paged lists by path, with what stays in each.
func (l *large) lists() map[string][]string {
	return map[string][]string{
		"/api/v1/users": l.userIDs, "/api/v1/groups": l.groupIDs, "/api/v1/permissions": l.permissions,
	}
}

func TestArtifactKeeperPagingAtRest(t *testing.T) {
	t.Parallel()
	l := startLarge(t, devregistry.ArtifactKeeper)
	for path, want := range l.lists() {
		for _, size := range []int{7, 20, 100} {
			ids, changed := l.turn(path, size, func() {})
			l.exactlyOnce(path, want, ids)
			if changed {
				t.Errorf("%s: the total changed although nothing was written", path)
			}
		}
	}
	if p := l.numbered("/api/v1/users", 1, 1000); len(p.Items) != 100 {
		t.Errorf("a page of 1000 has %d items, want the 100 it is clamped to", len(p.Items))
	}
	if p := l.numbered("/api/v1/users", 4711, 100); len(p.Items) != 0 || p.Pagination.Total < manyUsers {
		t.Errorf("a page behind the last one has %d items of %d", len(p.Items), p.Pagination.Total)
	}
}

// TestArtifactKeeperPagingWhileObjectsAreAdded adds before, between and after what stays.
func TestArtifactKeeperPagingWhileObjectsAreAdded(t *testing.T) {
	t.Parallel()
	l := startLarge(t, devregistry.ArtifactKeeper)
	l.meanwhile(l.add, func() {
		for path, want := range l.lists() {
			ids, _ := l.turn(path, 100, func() {})
			l.noneMissed(path, want, ids)
		}
	})

	// The same without a race: a group in front of all others moves the last of the first page to the second.
	added := false
	ids, changed := l.turn("/api/v1/groups", 100, func() {
		if !added {
			added = true
			if err := l.call(t.Context(), http.MethodPost, "/api/v1/groups", map[string]any{"name": "a"}, nil); err != nil {
				t.Fatal(err)
			}
		}
	})
	if ids[99] != ids[100] || !changed {
		t.Errorf("the last of page one is %s and the first of page two %s, total changed: %t", ids[99], ids[100], changed)
	}
}

// TestArtifactKeeperPagingWhileObjectsAreRemoved removes what is not to stay.
func TestArtifactKeeperPagingWhileObjectsAreRemoved(t *testing.T) {
	t.Parallel()
	l := startLarge(t, devregistry.ArtifactKeeper)
	var first page
	removed := false
	ids, changed := l.turn("/api/v1/groups", 100, func() {
		if removed {
			return
		}
		removed = true
		first = l.numbered("/api/v1/groups", 2, 100)
		if err := l.call(t.Context(), http.MethodDelete, "/api/v1/groups/"+l.groupIDs[0], nil, nil); err != nil {
			t.Fatal(err)
		}
	})
	if slices.Contains(ids, first.Items[0].ID) || !changed {
		t.Errorf("the first of page two was read although its page moved; total changed: %t", changed)
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != len(ids) {
		t.Error("a group was read twice")
	}
}

// add makes a user, a group and a permission somewhere in the order of the lists.
func (l *large) add(ctx context.Context, n int) error {
	name := fmt.Sprintf("%c-%d", 'a'+rune(n*7%26), n)
	if err := l.call(ctx, http.MethodPost, "/api/v1/users", map[string]any{
		"username": name, "email": name + "@example.com", "password": "Quiet-Harbor-42",
	}, nil); err != nil {
		return err
	}
	if err := l.call(ctx, http.MethodPost, "/api/v1/groups", map[string]any{"name": name}, nil); err != nil {
		return err
	}
	return l.call(ctx, http.MethodPost, "/api/v1/permissions", map[string]any{
		"principal_type": "user", "principal_id": l.userIDs[n%manyUsers], "target_type": "repository",
		"target_id": uuid.NewString(), "actions": []string{"read"},
	}, nil)
}

// TestArtifactKeeperMembersAndTokens reads the lists that have other rules: members by limit and offset, tokens all at
// once.
func TestArtifactKeeperMembersAndTokens(t *testing.T) {
	t.Parallel()
	l := startLarge(t, devregistry.ArtifactKeeper)
	var members []string
	for offset := 0; ; offset += 200 {
		var group struct {
			Members []struct {
				ID string `json:"user_id"`
			} `json:"members"`
			Total int `json:"members_total"`
		}
		l.get(fmt.Sprintf("/api/v1/groups/%s?member_limit=200&member_offset=%d", l.groupIDs[0], offset), &group)
		if group.Total != manyUsers {
			t.Fatalf("members_total is %d", group.Total)
		}
		if len(group.Members) == 0 {
			break
		}
		for _, member := range group.Members {
			members = append(members, member.ID)
		}
	}
	l.exactlyOnce("members", l.userIDs, members)

	var tokens []string
	for _, id := range l.userIDs {
		var list page
		l.get("/api/v1/users/"+id+"/tokens", &list)
		for _, token := range list.Items {
			tokens = append(tokens, token.ID)
		}
	}
	l.exactlyOnce("tokens", l.tokens, tokens)
}
