package contract

import (
	"os"
	"strings"
	"testing"
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
	files, err := Files(os.Getenv("REGISTRY_TYPE"))
	if err != nil {
		t.Fatalf("REGISTRY_TYPE: %v", err)
	}
	ca := liveCA(t)
	for _, file := range files {
		t.Run(file.Name, func(t *testing.T) {
			t.Parallel()
			if reason := skipLive(append(file.Needs, file.Server...)); reason != "" {
				t.Skip(reason)
			}
			play(t, newRunner(t, url, os.Getenv("REGISTRY_ACCESS_TOKEN"), ca), file, skipLive)
		})
	}
}

func skipLive(needs []string) string {
	if len(needs) == 0 {
		return ""
	}
	return "not played against a live server, needs: " + strings.Join(needs, "; ")
}

func liveCA(t *testing.T) []byte {
	t.Helper()
	value := os.Getenv("REGISTRY_CA_CERTIFICATE")
	if value == "" || strings.Contains(value, "-----BEGIN") {
		return []byte(value)
	}
	pem, err := os.ReadFile(value)
	if err != nil {
		t.Fatal(err)
	}
	return pem
}
