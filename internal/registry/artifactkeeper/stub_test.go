package artifactkeeper_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/artifactkeeper"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport/transporttest"
)

type (
	scripted = transporttest.Script
	reply    = transporttest.Reply
)

var (
	ok       = transporttest.OK
	refuse   = transporttest.Refuse
	text     = transporttest.Text
	wantKind = transporttest.WantKind
)

// script gives a registry that talks to scripted answers.
func script(t *testing.T, answers scripted, options ...func(*transport.Config)) (*registry.Registry, *transporttest.Server) {
	t.Helper()
	client, server := transporttest.Start(t, answers, options...)
	return artifactkeeper.New(client, nil), server
}

// id is a UUID with a number at its end.
func id(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

func user(n int, name string, more ...string) string {
	return fmt.Sprintf(`{"id":%q,"username":%q,"email":"%s@example.com","auth_provider":"local","is_active":true,"is_admin":false,"display_name":null%s}`,
		id(n), name, name, strings.Join(append([]string{""}, more...), ","))
}

// pageOf is one page of a list.
func pageOf(total, pages int, items ...string) reply {
	return ok(fmt.Sprintf(`{"items":[%s],"pagination":{"page":1,"per_page":100,"total":%d,"total_pages":%d}}`,
		strings.Join(items, ","), total, pages))
}

const (
	listUsers  = "GET /api/v1/users"
	createUser = "POST /api/v1/users"
	gone       = `{"code":"NOT_FOUND","message":"User not found"}`
	broken     = `{"code":"DATABASE_ERROR","message":"Database operation failed"}`
)
