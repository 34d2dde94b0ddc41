// Package artifactory speaks JFrog Artifactory: the Access service (/access/api) for users, groups, permissions and
// tokens, and Artifactory itself (/artifactory/api) for repositories and the server. Rules of the outside world come from
// JFrog's help pages, named where they matter ("help: create-user" is jfrog.com/help/r/jfrog-rest-apis/create-user).
package artifactory

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// New gives the registry behind a client. It makes no request. The hint of diagnose, which may be nil, explains answers
// that are not Artifactory's.
func New(client *transport.Client, diagnose func(context.Context) string) *registry.Registry {
	dialect := transport.Dialect{Problem: problem, Diagnose: diagnose}
	dialect.Authorizer = authorizer(client, dialect)
	c := client.With(dialect)
	u := users{c}
	versions := &gate{system: system{c}}
	return &registry.Registry{
		Server: registry.Server{Type: registry.Artifactory, URL: c.BaseURL()},
		Capabilities: registry.Capabilities{
			Actions:            []string{"read", "annotate", "write", "delete", "manage", "scan", "execute", "distribute"},
			DefaultTokenScopes: registry.MustParseScopes("applied-permissions/user"),
			LDAPWholePassword:  true,
		},
		Users:         u,
		Groups:        groups{c, u},
		Permissions:   permissions{c},
		Tokens:        tokens{c},
		Repositories:  repositories{c},
		System:        system{c},
		LDAP:          ldapSettings{c, versions},
		LDAPGroups:    ldapGroups{c, versions},
		OIDCProviders: oidcProviders{c, versions},
		OIDCMappings:  oidcMappings{c},
	}
}

// Recognises reports whether an answer can only come from Artifactory. Detection uses it where anonymous pings are
// refused: the refusal is still in Artifactory's words.
func Recognises(a transport.Response) bool {
	_, own := problem(a)
	return own || a.Header.Get("X-Artifactory-Id") != "" || strings.HasPrefix(a.Header.Get("X-Jfrog-Version"), "Artifactory/")
}

// problem reads the error shapes of the two services: Access tells a textual code, Artifactory repeats the numeric
// status. They are not interchangeable: on a wrong context path Artifactory answers for Access, and its "not found"
// must not pass for a missing user.
func problem(a transport.Response) (transport.Problem, bool) {
	if !a.JSON() {
		return transport.Problem{}, false
	}
	if strings.HasPrefix(a.Path, scimPath) {
		return scimProblem(a)
	}
	var body struct {
		Errors []struct {
			Code    any    `json:"code"`
			Status  any    `json:"status"`
			Message string `json:"message"`
			Detail  string `json:"detail"`
		} `json:"errors"`
	}
	if json.Unmarshal(a.Body, &body) != nil || len(body.Errors) == 0 {
		return transport.Problem{}, false
	}
	p := transport.Problem{Missing: true}
	var words []string
	for _, e := range body.Errors {
		code, textual := e.Code.(string)
		status, numeric := e.Status.(float64)
		if strings.HasPrefix(a.Path, "/access/") && (!textual || code == "") ||
			strings.HasPrefix(a.Path, "/artifactory/") && (!numeric || int(status) != a.Status) {
			return transport.Problem{}, false
		}
		if p.Code == "" {
			p.Code = code
		}
		p.Missing = p.Missing && saysMissing(a, code, e.Message, e.Detail)
		for _, w := range []string{e.Message, e.Detail} {
			if w = strings.TrimSpace(w); w != "" && !contains(words, w) {
				words = append(words, w)
			}
		}
	}
	p.Message = strings.Join(words, "; ")
	if a.Path == repositoryPath {
		p.Missing, p.Kind = badRepository(a.Status, p.Message)
	}
	if a.Status == http.StatusUnauthorized && strings.Contains(p.Message, "expired") {
		p.Hint = "The provider's token has expired; give it a new one"
	}
	return p, true
}

func contains(words []string, w string) bool {
	for _, known := range words {
		if strings.EqualFold(known, w) {
			return true
		}
	}
	return false
}

// pageSize is the page length of the Access lists, and their default (help: get-user-list).
const pageSize = 1000

// walk follows the cursor of an Access list. The cursor of the last page is its last name, not empty, so a short page
// is the end (help: get-permissions). An object that an earlier page had is not repeated; a page of such ones only, or a
// cursor that comes again, is the error of a list without an end.
func walk[T any](
	ctx context.Context, what string, most int, name func(T) string, fetch func(cursor string) (items []T, next string, err error),
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		cursors := map[string]bool{}
		listing := registry.NewListing(what, most, pageSize)
		for cursor := ""; ; {
			next, full := "", false
			fresh, err := registry.NextPage(ctx, listing, name, func() (items []T, err error) {
				items, next, err = fetch(cursor)
				full = len(items) >= pageSize
				return items, err
			})
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range fresh {
				if !yield(item, nil) {
					return
				}
			}
			if !full || next == "" {
				return
			}
			if cursors[next] || len(fresh) == 0 {
				yield(none, listing.Stands())
				return
			}
			cursors[next] = true
			cursor = next
		}
	}
}

// convert maps a walk and keeps its errors.
func convert[A, B any](from iter.Seq2[A, error], f func(A) B) iter.Seq2[B, error] {
	return func(yield func(B, error) bool) {
		var none B
		for item, err := range from {
			if err != nil {
				yield(none, err)
				return
			}
			if !yield(f(item), nil) {
				return
			}
		}
	}
}
