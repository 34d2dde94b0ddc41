package acctest

import (
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest/live"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// SignsIn reports whether the registry takes a password.
func (e *Env) SignsIn(t *testing.T, username, password string) bool {
	t.Helper()
	arguments := map[string]string{"username": username, "password": password}
	if e.Server != nil {
		arguments["url"], arguments["ca_certificate"], arguments["type"] = e.Server.URL, string(e.Server.CAPEM), string(e.Dialect)
	}
	reg, err := live.Connect(t.Context(), arguments)
	if err != nil {
		t.Fatal(err)
	}
	for _, err = range reg.Repositories.List(t.Context(), registry.RepositoryFilter{}) {
		break
	}
	if err != nil && registry.KindOf(err) != registry.KindUnauthorized {
		t.Fatal(err)
	}
	return err == nil
}
