package modules

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The OAuth variant as Coder's provisioner builds it: a template import, a prebuild, its claim by jane, and a build of bob's.
// The token that Coder offers to every build is in no plan and no state, and the scripts are the same bytes for all.
func TestOAuthBuildsKeepNoSecret(t *testing.T) {
	t.Parallel()
	if findCLI() == "" || findMirror() == "" {
		missing(t, "no terraform or tofu, or no provider mirror: run make cli mirror")
	}
	const canary = "canary-token-of-the-owner"
	folder := t.TempDir()
	configuration := map[string]any{
		"data":     map[string]any{"coder_workspace": map[string]any{"me": map[string]any{}}, "coder_workspace_owner": map[string]any{"me": map[string]any{}}},
		"resource": map[string]any{"coder_agent": map[string]any{"main": map[string]any{"os": "linux", "arch": "amd64"}}},
		"module": map[string]any{"registry": map[string]any{
			"source": "./modules/registry-oauth", "agent_id": "${coder_agent.main.id}",
			"registry_url": "https://registry.example.com", "username": "${data.coder_workspace_owner.me.email}",
			"package_managers": map[string]any{"npm": "npm-virtual", "go": "go-virtual", "pypi": "pypi-virtual"},
		}},
		"output":    map[string]any{"texts": map[string]any{"value": "${module.registry.script_texts}"}},
		"terraform": map[string]any{"required_providers": map[string]any{"coder": map[string]any{"source": "coder/coder"}}},
	}
	if err := os.Symlink(filepath.Join(repository(), "modules"), filepath.Join(folder, "modules")); err != nil {
		t.Fatal(err)
	}
	if err := writeConfiguration(folder, configuration); err != nil {
		t.Fatal(err)
	}
	if _, err := runCLI(folder, nil, "init", "-input=false"); err != nil {
		t.Fatal(err)
	}
	w := &workspace{t: t, home: folder}
	var first map[string]string
	for _, build := range []struct {
		name        string
		environment []string
	}{
		{"import", []string{"CODER_WORKSPACE_OWNER=default", "CODER_WORKSPACE_OWNER_EMAIL=default@example.com"}},
		{"prebuild", []string{"CODER_WORKSPACE_OWNER=prebuilds", "CODER_WORKSPACE_OWNER_EMAIL=prebuilds@system", "CODER_WORKSPACE_TEMPLATE_ID=t", "CODER_WORKSPACE_IS_PREBUILD=true"}},
		{"claim", []string{"CODER_WORKSPACE_OWNER=jane", "CODER_WORKSPACE_OWNER_EMAIL=jane@example.com", "CODER_WORKSPACE_TEMPLATE_ID=t", "CODER_WORKSPACE_IS_PREBUILD_CLAIM=true", "CODER_EXTERNAL_AUTH_ACCESS_TOKEN_jfrog=" + canary}},
		{"bob", []string{"CODER_WORKSPACE_OWNER=bob", "CODER_WORKSPACE_OWNER_EMAIL=bob@example.com", "CODER_WORKSPACE_TEMPLATE_ID=t", "CODER_EXTERNAL_AUTH_ACCESS_TOKEN_jfrog=" + canary}},
	} {
		environment := append([]string{"CODER_AGENT_URL=https://coder.example.com", "CODER_WORKSPACE_TRANSITION=start", "CODER_WORKSPACE_ID=w", "CODER_WORKSPACE_NAME=dev"}, build.environment...)
		if _, err := runCLI(folder, environment, "apply", "-input=false", "-auto-approve"); err != nil {
			t.Fatalf("%s: %v", build.name, err)
		}
		state := w.read(filepath.Join(folder, "terraform.tfstate"))
		lacks(t, build.name+": the state", state, canary)
		if asked := strings.Contains(state, `"coder_external_auth"`); asked != (build.name == "import") {
			t.Errorf("%s: coder_external_auth is there: %v", build.name, asked)
		}
		text, err := runCLI(folder, nil, "output", "-json", "texts")
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]string
		if err := json.Unmarshal([]byte(text), &texts); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = texts
		}
		if len(texts) != 3 || !maps.Equal(texts, first) {
			t.Errorf("%s: the scripts are not those of the import", build.name)
		}
		for purpose, script := range texts {
			for _, identity := range []string{canary, "jane", "bob@", "prebuilds"} {
				lacks(t, build.name+" "+purpose, script, identity)
			}
		}
	}
}
