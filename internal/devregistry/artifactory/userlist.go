package artifactory

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// The page sizes of the Access lists (JFrog help: "Get User List", "Get Permissions").
const (
	defaultPage = 1000
	maxPage     = 99999
)

// page cuts a list that is sorted by name: what comes after the cursor, at most limit entries. The returned cursor is the
// last name of the page even when it is the last page, and empty on an empty one; only a short page tells the end.
func page[T any](query url.Values, sorted []T, name func(T) string) (items []T, cursor string, err error) {
	limit := defaultPage
	if value := query.Get("limit"); value != "" {
		if limit, err = strconv.Atoi(value); err != nil || limit < 1 || limit > maxPage {
			return nil, "", badRequest("limit must be a number between 1 and " + strconv.Itoa(maxPage))
		}
	}
	descending, _ := strconv.ParseBool(query.Get("descending_order"))
	if descending {
		slices.Reverse(sorted)
	}
	if after := query.Get("cursor"); after != "" {
		sorted = slices.DeleteFunc(sorted, func(item T) bool {
			order := cmp.Compare(name(item), after)
			return !descending && order <= 0 || descending && order >= 0
		})
	}
	items = sorted[:min(limit, len(sorted))]
	if len(items) > 0 {
		cursor = name(items[len(items)-1])
	}
	return items, cursor, nil
}

// listUsers gives the thin list: names, realms and states, nothing else.
func (s *server) listUsers(w http.ResponseWriter, r *http.Request, _ *principal) error {
	type item struct {
		Username string `json:"username"`
		URI      string `json:"uri"`
		Realm    string `json:"realm"`
		Status   string `json:"status"`
	}
	query := r.URL.Query()
	status, part := query.Get("status"), strings.ToLower(query.Get("username"))
	if status != "" && !slices.Contains([]string{"invited", "enabled", "disabled", "locked"}, status) {
		return badRequest("Invalid value for status: " + status)
	}
	onlyAdmins, _ := strconv.ParseBool(query.Get("onlyAdmins"))
	now, base := s.Store.Now(), s.base(r)
	list := []item{}
	s.Store.View(func(st *state.State) {
		for _, u := range st.Users {
			if status != "" && statusOf(u, now) != status || !strings.Contains(u.Username, part) ||
				onlyAdmins && !effectiveAdmin(st, u) {
				continue
			}
			list = append(list, item{
				Username: u.Username, URI: base + "/access/api/v2/users/" + url.PathEscape(u.Username),
				Realm: u.AuthProvider, Status: statusOf(u, now),
			})
		}
	})
	slices.SortFunc(list, func(a, b item) int { return cmp.Compare(a.Username, b.Username) })
	users, cursor, err := page(query, list, func(i item) string { return i.Username })
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, struct {
		Users  []item `json:"users"`
		Cursor string `json:"cursor,omitempty"`
	}{users, cursor})
	return nil
}
