// Package connect opens a registry from its settings: it finds out which of the two it is, where that was not said, and
// gives the dialect that speaks to it.
package connect

import (
	"context"
	"fmt"
	"sync"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/artifactkeeper"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/artifactory"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/snapshot"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// Config says where a registry is, how to reach it and, optionally, what it is.
type Config struct {
	// Type is the registry's type; empty means that it is detected on first use.
	Type registry.Type
	// Snapshot lets refreshes read many objects by few requests; nil reads each of them alone.
	Snapshot *snapshot.Options
	transport.Config
}

// New checks the settings and gives a connection that opens on first use. It makes no request.
func New(cfg Config) (registry.Connection, error) {
	switch cfg.Type {
	case "", registry.Artifactory, registry.ArtifactKeeper:
	default:
		return nil, &registry.Error{
			Kind: registry.KindInvalid, Op: "read", Object: "`type`",
			Message: fmt.Sprintf("there is no registry type %q", cfg.Type),
			Hint:    fmt.Sprintf("Use %q or %q, or leave it out", registry.Artifactory, registry.ArtifactKeeper),
		}
	}
	client, err := transport.New(cfg.Config)
	if err != nil {
		return nil, err
	}
	return &connection{client: client, configured: cfg.Type, snapshot: cfg.Snapshot}, nil
}

// connection implements registry.Connection.
type connection struct {
	client     *transport.Client
	configured registry.Type
	snapshot   *snapshot.Options

	mu   sync.Mutex
	open *registry.Registry
}

// ConfiguredURL implements registry.Connection.
func (c *connection) ConfiguredURL() string { return c.client.BaseURL() }

// Open implements registry.Connection. Failures are not kept: the next call tries again.
func (c *connection) Open(ctx context.Context) (*registry.Registry, error) {
	if r := c.opened(); r != nil {
		return r, nil
	}
	found := c.configured
	if found == "" {
		var err error
		if found, err = processWide.detect(ctx, c.client); err != nil {
			return nil, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		c.open = c.dialect(found)
		if c.snapshot != nil {
			c.open = snapshot.New(c.open, *c.snapshot)
		}
	}
	return c.open, nil
}

func (c *connection) opened() *registry.Registry {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open
}

func (c *connection) dialect(t registry.Type) *registry.Registry {
	diagnose := c.diagnose
	if c.configured == "" {
		diagnose = nil // the type is what the server showed; there is nothing to compare
	}
	if t == registry.ArtifactKeeper {
		return artifactkeeper.New(c.client, diagnose)
	}
	return artifactory.New(c.client, diagnose)
}

// diagnose explains an answer that does not look like the configured type's: perhaps the server is the other one.
func (c *connection) diagnose(ctx context.Context) string {
	found, err := processWide.detect(ctx, c.client)
	if err != nil || found == c.configured {
		return ""
	}
	return fmt.Sprintf("The server at %s is %s, but `type` says %q; correct `type` or `url`",
		c.client.BaseURL(), found.Title(), c.configured)
}
