package provider_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
	"github.com/registry-identity/terraform-provider-registry/internal/provider"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// longest is what no operation that only reads may take by default.
const longest = 31 * time.Minute

// silence is a registry that never answers. It notes whether whoever asks would wait without an end.
type silence struct{ asked chan context.Context }

// RoundTrip implements http.RoundTripper.
func (s *silence) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case s.asked <- r.Context():
	case <-r.Context().Done():
	}
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// reading is one call that only reads.
type reading struct {
	name string
	call func(context.Context, tfprotov6.ProviderServer) error
	// quiet calls need not ask the registry.
	quiet bool
	// elsewhere tells that a call asked somebody else.
	elsewhere <-chan struct{}
}

type config = map[string]any

// TestWhatReadsHasAnEnd: every call that only reads, of every object that the provider offers, has a limit in time, ends when
// the provider is told to stop, and asks for nothing afterwards. An object that is added needs a line below.
func TestWhatReadsHasAnEnd(t *testing.T) {
	t.Parallel()
	for _, of := range []registry.Type{registry.Artifactory, registry.ArtifactKeeper} {
		for _, r := range readings(t) {
			t.Run(fmt.Sprintf("%s, %s", of, r.name), func(t *testing.T) {
				t.Parallel()
				if r.call == nil {
					t.Fatal("nobody said how to read it")
				}
				s := &silence{asked: make(chan context.Context)}
				server := configured(t, of, s)
				ended := make(chan error, 1)
				go func() { ended <- r.call(t.Context(), server) }()
				select {
				case ctx := <-s.asked:
					if deadline, limited := ctx.Deadline(); !limited || time.Until(deadline) > longest {
						t.Errorf("it would wait for %s", time.Until(deadline))
					}
				case <-r.elsewhere:
				case err := <-ended:
					if !r.quiet {
						t.Fatalf("it ended without a request: %v", err)
					}
					return
				}
				if _, err := server.StopProvider(t.Context(), &tfprotov6.StopProviderRequest{}); err != nil {
					t.Fatal(err)
				}
				if err := <-ended; err == nil || !strings.Contains(err.Error(), "ancelled") && !strings.Contains(err.Error(), "interrupted") {
					t.Errorf("it does not say why it ended: %v", err)
				}
				// A call that was on its way when the tool said stop.
				late, cancel := context.WithCancel(t.Context())
				defer cancel()
				go func() { ended <- r.call(late, server) }()
				select {
				case <-s.asked:
					t.Error("it asks after the stop")
					cancel()
					t.Logf("then it says: %v", <-ended)
				case err := <-ended:
					if err == nil {
						t.Error("a call after the stop succeeds")
					}
				}
			})
		}
	}
}

// TestARunAfterAnInterruptedOne: a provider that is being debugged serves the next run.
func TestARunAfterAnInterruptedOne(t *testing.T) {
	t.Parallel()
	s := &silence{asked: make(chan context.Context)}
	server := configured(t, registry.Artifactory, s)
	if _, err := server.StopProvider(t.Context(), &tfprotov6.StopProviderRequest{}); err != nil {
		t.Fatal(err)
	}
	configure(t, server, registry.Artifactory)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	call := readDataSource(schemasOf(t), "registry_user", config{"username": "alice"})
	go func() { ended <- call(ctx, server) }()
	select {
	case <-s.asked:
		cancel()
		t.Logf("then it says: %v", <-ended)
	case err := <-ended:
		t.Errorf("it asked for nothing: %v", err)
	}
	cancel()
}

// TestClosingIsPartOfAnInterruptedRun: what was opened is closed although the run was stopped.
func TestClosingIsPartOfAnInterruptedRun(t *testing.T) {
	t.Parallel()
	s := &silence{asked: make(chan context.Context)}
	server := configured(t, registry.Artifactory, s)
	if _, err := server.StopProvider(t.Context(), &tfprotov6.StopProviderRequest{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := server.CloseEphemeralResource(ctx, &tfprotov6.CloseEphemeralResourceRequest{
			TypeName: "registry_token", Private: []byte(`{"token":"eyJpZCI6ImEiLCJvd25lcl9pZCI6ImFsaWNlIiwidXNlcm5hbWUiOiJhbGljZSJ9"}`),
		})
		ended <- err
	}()
	select {
	case asked := <-s.asked:
		if deadline, limited := asked.Deadline(); !limited || time.Until(deadline) > longest {
			t.Errorf("it would wait for %s", time.Until(deadline))
		}
		cancel()
		t.Logf("then it says: %v", <-ended)
	case err := <-ended:
		t.Errorf("the token is not revoked: %v", err)
	}
}

func configured(t *testing.T, of registry.Type, s *silence) tfprotov6.ProviderServer {
	t.Helper()
	server := provider.NewServer("test", provider.WithTransport(func(c *transport.Config) {
		c.RoundTripper, c.RequestTimeout = s, 24*time.Hour
	}))
	configure(t, server, of)
	return server
}

func configure(t *testing.T, server tfprotov6.ProviderServer, of registry.Type) {
	t.Helper()
	raw := dynamicOf(t, schemasOf(t).Provider.ValueType(), config{"url": "https://registry.example.com", "type": string(of), "access_token": "x"})
	resp, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: raw})
	if err == nil {
		err = refusal(resp.Diagnostics)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func schemasOf(t *testing.T) *tfprotov6.GetProviderSchemaResponse {
	t.Helper()
	schemas, err := provider.NewServer("test").GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return schemas
}

func dynamicOf(t *testing.T, of tftypes.Type, value config) *tfprotov6.DynamicValue {
	t.Helper()
	v, err := plugintest.Value(of, value)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := tfprotov6.NewDynamicValue(of, v)
	if err != nil {
		t.Fatal(err)
	}
	return &raw
}

func refusal(all []*tfprotov6.Diagnostic) error {
	for _, d := range all {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			return fmt.Errorf("%s: %s", d.Summary, d.Detail)
		}
	}
	return nil
}

// readings lists the calls of all objects in the schema.
func readings(t *testing.T) []reading {
	t.Helper()
	schemas := schemasOf(t)
	var all []reading
	dataSources := map[string]config{
		"registry_group": {"name": "g"}, "registry_identity": {"email": "a@example.com", "username": "a"}, "registry_permission": {"name": "p"},
		"registry_repositories": {}, "registry_repository": {"key": "k"}, "registry_server": {}, "registry_tokens": {"username": "a"},
		"registry_user": {"username": "a"},
	}
	for name := range schemas.DataSourceSchemas {
		r := reading{name: "data " + name}
		if arguments, known := dataSources[name]; known {
			r.call = readDataSource(schemas, name, arguments)
		}
		all = append(all, r)
	}
	listResources := map[string]config{"registry_group": {}, "registry_permission": {}, "registry_token": {"username": "a"}, "registry_user": {}}
	for name, schema := range schemas.ListResourceSchemas {
		r := reading{name: "list " + name}
		if arguments, known := listResources[name]; known {
			raw := dynamicOf(t, schema.ValueType(), arguments)
			r.call = func(ctx context.Context, server tfprotov6.ProviderServer) error { return list(ctx, server, name, raw) }
		}
		all = append(all, r)
	}
	address, reached := deaf(t)
	ephemerals := map[string]config{
		"registry_token": {"username": "a"},
		// The check looks into a directory first, from here.
		"registry_ldap_check": {"url": "ldap://" + address, "base_dn": "dc=example", "username": "a"},
	}
	for name, schema := range schemas.EphemeralResourceSchemas {
		r := reading{name: "ephemeral " + name}
		if name == "registry_ldap_check" {
			r.elsewhere = reached
		}
		if arguments, known := ephemerals[name]; known {
			raw := dynamicOf(t, schema.ValueType(), arguments)
			r.call = func(ctx context.Context, server tfprotov6.ProviderServer) error {
				resp, err := server.OpenEphemeralResource(ctx, &tfprotov6.OpenEphemeralResourceRequest{TypeName: name, Config: raw})
				if err != nil {
					return err
				}
				return refusal(resp.Diagnostics)
			}
		}
		all = append(all, r)
	}
	for name := range schemas.ResourceSchemas {
		all = append(all, reading{name: "import " + name, quiet: true, call: func(ctx context.Context, server tfprotov6.ProviderServer) error {
			resp, err := server.ImportResourceState(ctx, &tfprotov6.ImportResourceStateRequest{TypeName: name, ID: "a"})
			if err != nil {
				return err
			}
			return refusal(resp.Diagnostics)
		}})
	}
	return all
}

func readDataSource(schemas *tfprotov6.GetProviderSchemaResponse, name string, arguments config) func(context.Context, tfprotov6.ProviderServer) error {
	return func(ctx context.Context, server tfprotov6.ProviderServer) error {
		of := schemas.DataSourceSchemas[name].ValueType()
		v, err := plugintest.Value(of, arguments)
		if err != nil {
			return err
		}
		raw, err := tfprotov6.NewDynamicValue(of, v)
		if err != nil {
			return err
		}
		resp, err := server.ReadDataSource(ctx, &tfprotov6.ReadDataSourceRequest{TypeName: name, Config: &raw})
		if err != nil {
			return err
		}
		return refusal(resp.Diagnostics)
	}
}

func list(ctx context.Context, server tfprotov6.ProviderServer, name string, raw *tfprotov6.DynamicValue) error {
	lister, ok := server.(tfprotov6.ListResourceServer)
	if !ok {
		return fmt.Errorf("%T lists nothing", server)
	}
	stream, err := lister.ListResource(ctx, &tfprotov6.ListResourceRequest{TypeName: name, Config: raw, Limit: 10})
	if err != nil {
		return err
	}
	for result := range stream.Results {
		if err := refusal(result.Diagnostics); err != nil {
			return err
		}
	}
	return nil
}

// deaf accepts a connection, tells of it, and says nothing over it.
func deaf(t *testing.T) (address string, reached <-chan struct{}) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	accepted := make(chan struct{})
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return // the test is over
		}
		close(accepted)
		_, _ = io.Copy(io.Discard, conn)
	}()
	return listener.Addr().String(), accepted
}
