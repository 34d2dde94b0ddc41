package contract

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// TestLiveContract plays the same files against the server of REGISTRY_URL, with what REGISTRY_ACCESS_TOKEN may do: an
// administrator. REGISTRY_TYPE is artifactory or artifact_keeper, REGISTRY_CA_CERTIFICATE a PEM or the name of a file
// with one. Everything that is made carries a random prefix and is removed at the end.
func TestLiveContract(t *testing.T) {
	t.Parallel()
	url := strings.TrimSuffix(strings.TrimRight(os.Getenv("REGISTRY_URL"), "/"), "/artifactory")
	if url == "" {
		t.Skip("set REGISTRY_URL, REGISTRY_TYPE and REGISTRY_ACCESS_TOKEN to run the contract against a live server")
	}
	ca := os.Getenv("REGISTRY_CA_CERTIFICATE")
	if ca != "" && !strings.Contains(ca, "-----BEGIN") {
		pem, err := os.ReadFile(ca)
		if err != nil {
			t.Fatal(err)
		}
		ca = string(pem)
	}
	playLive(t, os.Getenv("REGISTRY_TYPE"), url, os.Getenv("REGISTRY_ACCESS_TOKEN"), ca)
}

// TestLiveContractLeavesNothingBehind walks the live path on embedded registries without control endpoints: all files at
// once on one server, which must then hold what it held before.
func TestLiveContractLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	for _, dialect := range dialects {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			server := devregistrytest.Start(t, dialect, func(o *devregistry.Options) { o.Control = false })
			before := inventory(server)
			t.Run("files", func(t *testing.T) {
				playLive(t, string(dialect), server.URL, server.AdminToken, string(server.CAPEM))
			})
			if diff := cmp.Diff(before, inventory(server)); diff != "" {
				t.Errorf("the server does not hold what it held before (-before +after):\n%s", diff)
			}
		})
	}
}

// inventory names everything a server holds that somebody could use. Tokens count while they are good.
func inventory(server *devregistry.Server) map[string][]string {
	held := map[string][]string{}
	now := server.Store.Now()
	server.Store.View(func(st *state.State) {
		for _, user := range st.Users {
			held["users"] = append(held["users"], user.Username)
		}
		for _, group := range st.Groups {
			held["groups"] = append(held["groups"], group.Name)
		}
		for _, target := range st.Targets {
			held["permissions"] = append(held["permissions"], target.Name)
		}
		for _, row := range st.Rows {
			held["rows"] = append(held["rows"], row.ID)
		}
		for _, repository := range st.Repositories {
			held["repositories"] = append(held["repositories"], repository.Key)
		}
		for _, token := range st.Tokens {
			if token.RevokedAt.IsZero() && (token.ExpiresAt.IsZero() || token.ExpiresAt.After(now)) {
				held["tokens"] = append(held["tokens"], token.Username+": "+token.Label)
			}
		}
		for _, project := range st.ArtifactKeeper.Projects {
			held["projects"] = append(held["projects"], project.Key)
		}
		for _, provider := range st.ArtifactKeeper.SSO {
			held["providers"] = append(held["providers"], provider.Name)
		}
	})
	return held
}

// playLive plays every file of a dialect that any server can play.
func playLive(t *testing.T, dialect, url, admin, ca string) {
	t.Helper()
	files, err := Files(dialect)
	if err != nil {
		t.Fatalf("the type of the registry is artifactory or artifact_keeper: %v", err)
	}
	for _, file := range files {
		t.Run(file.Name, func(t *testing.T) {
			t.Parallel()
			if reason := skipLive(append(file.Needs, file.Server...)); reason != "" {
				t.Skip(reason)
			}
			play(t, newRunner(t, url, admin, []byte(ca)), file, skipLive)
		})
	}
}

// skipLive says why a list of needs is not met by any server.
func skipLive(needs []string) string {
	if len(needs) == 0 {
		return ""
	}
	return "not played against a live server, needs: " + strings.Join(needs, "; ")
}
