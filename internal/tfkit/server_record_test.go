package tfkit_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// private is private state without Terraform.
type private map[string][]byte

func (p private) GetKey(_ context.Context, key string) ([]byte, diag.Diagnostics) { return p[key], nil }

func (p private) SetKey(_ context.Context, key string, value []byte) diag.Diagnostics {
	p[key] = value
	return nil
}

// server is a registry of which only the address and the identity matter.
type server struct {
	registry.Type
	url, id string
	down    bool
	asked   int
}

func (s *server) ConfiguredURL() string { return s.url }

func (s *server) Open(context.Context) (*registry.Registry, error) {
	if s.down {
		return nil, &registry.Error{Kind: registry.KindUnavailable, Op: "detect", Err: errors.New("connection refused")}
	}
	return &registry.Registry{Server: registry.Server{Type: s.Type, URL: s.url}, System: s}, nil
}

func (s *server) Version(context.Context) (string, error) { return "", nil }

func (s *server) ServiceID(context.Context) (string, error) {
	s.asked++
	return s.id, nil
}

func TestSameServer(t *testing.T) {
	t.Parallel()
	const oldURL, newURL = "https://old.example.com", "https://new.example.com"
	home := server{Type: registry.Artifactory, url: oldURL, id: "jfac@01"}
	for _, c := range []struct {
		name     string
		now      server
		previous string
		accepted bool
		asked    int
		says     string
	}{
		{"the same URL", home, "", true, 0, ""},
		{"the same URL with another id", server{registry.Artifactory, oldURL, "jfac@02", false, 0}, "", true, 0, ""},
		{"moved with its id", server{registry.Artifactory, newURL, "jfac@01", false, 0}, "", true, 1, ""},
		{"another server", server{registry.Artifactory, newURL, "jfac@02", false, 0}, "", false, 1, "previous_url"},
		{"another server without an id", server{registry.Artifactory, newURL, "", false, 0}, "", false, 1, "previous_url"},
		{"renamed by the user", server{registry.Artifactory, newURL, "", false, 0}, oldURL, true, 1, ""},
		{"renamed from elsewhere", server{registry.Artifactory, newURL, "", false, 0}, "https://third.example.com", false, 1, "previous_url"},
		{"another product", server{registry.ArtifactKeeper, oldURL, "", false, 0}, "", false, 0, "Artifact Keeper"},
		{"another server that is down", server{registry.Artifactory, newURL, "", true, 0}, "", false, 0, "connection refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			remembered := private{}
			born := home
			first := tfkit.Client{Data: &tfkit.ProviderData{Connection: &born}}
			reg, err := born.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diags := first.RecordServer(t.Context(), reg, remembered); diags.HasError() {
				t.Fatal(diags)
			}

			now := c.now
			client := tfkit.Client{Data: &tfkit.ProviderData{Connection: &now, PreviousURL: c.previous}}
			var diags diag.Diagnostics
			reg = client.OpenExisting(t.Context(), remembered, &diags)
			if (reg != nil) != c.accepted || diags.HasError() == c.accepted {
				t.Fatalf("accepted %t, want %t: %v", reg != nil, c.accepted, diags)
			}
			if now.asked != c.asked {
				t.Errorf("the service id was asked for %d times, want %d", now.asked, c.asked)
			}
			if !c.accepted {
				for _, part := range []string{oldURL, now.url, c.says} {
					if !strings.Contains(diags[0].Detail(), part) {
						t.Errorf("the error does not name %q:\n%s", part, diags[0].Detail())
					}
				}
				return
			}
			// Having moved, the object is at home on the new URL.
			again := tfkit.Client{Data: &tfkit.ProviderData{Connection: &now}}
			if again.OpenExisting(t.Context(), remembered, &diags) == nil {
				t.Errorf("the object does not know its server any more: %v", diags)
			}
		})
	}
}

func TestSameWithoutMemory(t *testing.T) {
	t.Parallel()
	imported := private{}
	now := server{Type: registry.ArtifactKeeper, url: "https://ak.example.com"}
	client := tfkit.Client{Data: &tfkit.ProviderData{Connection: &now}}
	var diags diag.Diagnostics
	if client.OpenExisting(t.Context(), imported, &diags) == nil || len(imported) == 0 {
		t.Errorf("an imported object does not remember its server: %v", diags)
	}
	unknown := tfkit.Client{Data: &tfkit.ProviderData{}}
	if unknown.OpenExisting(t.Context(), imported, &diags) != nil || diags.HasError() {
		t.Errorf("an unknown configuration is not passed over: %v", diags)
	}
}

// An object that was noted without its server's id shows by itself whether a server of another URL is the same.
func TestSameAs(t *testing.T) {
	t.Parallel()
	const oldURL, newURL = "https://old.example.com", "https://new.example.com"
	silent := errors.New("it does not say")
	for name, c := range map[string]struct {
		has      func(context.Context, *registry.Registry) (bool, error)
		accepted bool
		says     error
	}{
		"it has the object":       {func(context.Context, *registry.Registry) (bool, error) { return true, nil }, true, nil},
		"it has no such object":   {func(context.Context, *registry.Registry) (bool, error) { return false, nil }, false, nil},
		"it cannot be asked":      {func(context.Context, *registry.Registry) (bool, error) { return false, silent }, false, silent},
		"there is nothing to ask": {nil, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			remembered := private{}
			born := server{Type: registry.Artifactory, url: oldURL, id: "jfac@01"}
			reg, err := born.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			first := tfkit.Client{Data: &tfkit.ProviderData{Connection: &born}}
			if diags := first.RecordServerURL(t.Context(), reg, remembered); diags.HasError() || born.asked != 0 {
				t.Fatalf("asked %d times: %v", born.asked, diags)
			}
			client := tfkit.Client{Data: &tfkit.ProviderData{Connection: &server{Type: registry.Artifactory, url: newURL, id: "jfac@01"}}}
			reg, err = client.OpenForStateWith(t.Context(), remembered, c.has)
			if (reg != nil) != c.accepted || (err == nil) != c.accepted || c.says != nil && !errors.Is(err, c.says) {
				t.Errorf("got %v, %v", reg, err)
			}
		})
	}
}
