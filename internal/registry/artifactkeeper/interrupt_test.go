package artifactkeeper_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// roundTripper is a function.
type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestTakingBackAfterAnInterrupt: what a failed create had granted is taken back, for less than a second when the run was
// interrupted, and what is left is told.
func TestTakingBackAfterAnInterrupt(t *testing.T) {
	t.Parallel()
	const path = "/api/v1/permissions"
	for name, tc := range map[string]struct {
		interrupted bool
		most        time.Duration
	}{"failed": {false, 10 * time.Second}, "interrupted": {true, time.Second}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			var left time.Duration
			grants := 0
			r, _ := script(t, scripted{
				"GET /api/v1/repositories/repo": {ok(`{"id":"` + id(1) + `","key":"repo","format":"npm","repo_type":"local"}`)},
				listUsers:                       {pageOf(2, 1, user(2, "a"), user(3, "b"))},
				"GET " + path:                   {pageOf(0, 1)},
				"POST " + path:                  {ok(`{"id":"` + id(4) + `","principal_type":"user","principal_id":"` + id(2) + `","target_type":"repository","target_id":"` + id(1) + `","actions":["read"]}`)},
			}, func(c *transport.Config) {
				c.RequestTimeout = time.Hour
				c.RoundTripper = roundTripper(func(r *http.Request) (*http.Response, error) {
					if r.Method == http.MethodPost {
						if grants++; grants == 2 {
							if tc.interrupted {
								interrupt()
							}
							return nil, errors.New("no route")
						}
					}
					if r.Method == http.MethodDelete {
						deadline, _ := r.Context().Deadline()
						left = time.Until(deadline)
						return nil, errors.New("no route")
					}
					return http.DefaultTransport.RoundTrip(r)
				})
			})
			made, err := r.Permissions.Create(ctx, registry.PermissionSpec{
				Name: "repo", Users: map[string][]string{"a": {"read"}, "b": {"read"}},
			})
			if err == nil || len(made.Users) != 1 {
				t.Errorf("%+v %v", made, err)
			}
			if left <= 0 || left > tc.most {
				t.Errorf("taking back may last %s, want at most %s", left, tc.most)
			}
		})
	}
}
