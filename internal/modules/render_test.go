package modules

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// rendered is what one instance of workspace-clients gives to a workspace.
type rendered struct {
	Texts     map[string]string `json:"texts"`
	Variables map[string]string `json:"variables"`
	Names     map[string]string `json:"names"`
}

// hostile is free text that ends every kind of quoting a careless renderer would use.
const hostile = "it's $(touch pwned) `touch pwned` \"$HOME\" \\ ${HOME} %{ if } EOT\nEND\n'; touch pwned; '"

// fixtures are all instances the tests use. One plan renders them together.
var fixtures = map[string]map[string]any{
	"artifactory":     registryFixture("artifactory", nil),
	"artifact_keeper": registryFixture("artifact_keeper", nil),
	"artifactory_oauth": registryFixture("artifactory", map[string]any{
		"token_source": "external-auth", "external_auth_id": "jfrog",
	}),
	"all": {
		"package_managers": map[string]any{
			"npm":  []string{"npm-virtual", "@acme:npm-private", "@labs:npm-private"},
			"go":   "go-virtual",
			"pypi": "pypi-virtual",
		},
	},
	"npm_only": {
		"package_managers": map[string]any{"npm": "npm-virtual"},
	},
	"keeper": {
		"registry_type":    "artifact_keeper",
		"package_managers": map[string]any{"npm": "npm-virtual", "go": "go-virtual", "pypi": "pypi-virtual"},
	},
	"without_ca": {
		"package_managers": map[string]any{"npm": "npm-virtual", "go": "go-virtual", "pypi": "pypi-virtual"},
		"ca_certificate":   "",
	},
	"other_ca": {
		"package_managers": map[string]any{"npm": "npm-virtual", "go": "go-virtual", "pypi": "pypi-virtual"},
		"ca_certificate":   otherAuthority(),
	},
	"hostile": {
		"package_managers": map[string]any{"npm": "npm-virtual"},
		"account_help":     hostile,
	},
	"second": {
		"instance": "second",
		"package_managers": map[string]any{
			"npm": "@second:npm-private",
		},
	},
	"rival": {
		"instance":         "rival",
		"package_managers": map[string]any{"npm": "npm-virtual", "go": "go-virtual", "pypi": "pypi-virtual"},
	},
	"oauth": {
		"token_source":     "external-auth",
		"external_auth_id": "jfrog",
		"package_managers": map[string]any{"npm": []string{"npm-virtual", "@acme:npm-private"}, "go": "go-virtual", "pypi": "pypi-virtual"},
	},
	"live": {
		"token_source":     "external-auth",
		"external_auth_id": "jfrog",
		"package_managers": map[string]any{"npm": "npm-private", "go": "go-private", "pypi": "pypi-private"},
	},
	"live_env": {
		"package_managers": map[string]any{"npm": []string{"npm-private"}, "go": "go-private", "pypi": "pypi-private"},
	},
	"oauth_context": {
		"token_source":     "external-auth",
		"external_auth_id": "jfrog",
		"registry_url":     "@SERVER@/tools/artifactory/",
		"package_managers": map[string]any{"npm": "npm-virtual", "go": "go-virtual", "pypi": "pypi-virtual"},
	},
	"oauth_second": {
		"token_source":     "external-auth",
		"external_auth_id": "jfrog",
		"instance":         "second",
		"registry_url":     "@SERVER@/second",
		"package_managers": map[string]any{"npm": "@second:npm-private"},
	},
	"oauth_warn": {
		"token_source":     "external-auth",
		"external_auth_id": "jfrog",
		"on_mismatch":      "warn",
		"package_managers": map[string]any{"npm": "npm-virtual"},
	},
	"address_root": {
		"token_source":     "external-auth",
		"external_auth_id": "jfrog",
		"registry_url":     "https://registry.example.com",
		"package_managers": map[string]any{"cargo": "crates", "docker": "images", "go": "go-virtual", "npm": "npm-virtual", "pypi": "pypi-virtual"},
	},
	"address_path": {
		"token_source":     "external-auth",
		"external_auth_id": "jfrog",
		"instance":         "below",
		"registry_url":     "https://tools.example.com:8443/tools/artifactory",
		"package_managers": map[string]any{"cargo": "crates", "go": "go-virtual", "npm": "npm-virtual", "pypi": "pypi-virtual"},
	},
	"address_plain": {
		"token_source":     "external-auth",
		"external_auth_id": "jfrog",
		"instance":         "plain",
		"registry_url":     "http://plain.example.com",
		"allow_plain_http": true,
		"package_managers": map[string]any{"cargo": "crates", "docker": "images", "npm": "npm-virtual", "pypi": "pypi-virtual"},
	},
	"address_clients": {
		"ca_certificate":   clientServerCA() + listenerCertificate().authority,
		"token_source":     "external-auth",
		"external_auth_id": "jfrog",
		"package_managers": map[string]any{"cargo": "crates", "docker": "images", "go": "go-virtual", "npm": "npm-virtual", "pypi": "pypi-virtual"},
	},
	// Its registry has https, and whoever listens there has not.
	"address_listened": {
		"token_source":     "external-auth",
		"external_auth_id": "jfrog",
		"registry_url":     strings.Replace(plainListener().URL, "http://", "https://", 1),
		"package_managers": map[string]any{"cargo": "crates", "go": "go-virtual", "npm": "npm-virtual", "pypi": "pypi-virtual"},
	},
	"extra": {
		"package_managers": map[string]any{
			"pypi": map[string]any{"repositories": []string{"pypi-a", "pypi-b"}, "extra_indexes": true},
		},
		"registry_url":     "http://127.0.0.1:8081",
		"allow_plain_http": true,
	},
}

var renderOnce = sync.OnceValues(renderAll)

// render gives the scripts of a fixture, for the registry that clientServer plays.
func render(t *testing.T, fixture string) rendered {
	t.Helper()
	if findCLI() == "" {
		missing(t, "neither terraform nor tofu: run make cli, or set TF_ACC_TERRAFORM_PATH")
	}
	if mirror := findMirror(); mirror == "" {
		missing(t, "no provider mirror in .cache: run make mirror")
	}
	all, err := renderOnce()
	if err != nil {
		t.Fatal(err)
	}
	return all[fixture]
}

// missing skips on a developer's machine and fails in CI, where everything has to be there.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}

func repository() string {
	folder, err := filepath.Abs("../..")
	if err != nil {
		panic(err)
	}
	return folder
}

func findCLI() string {
	for _, candidate := range []string{os.Getenv("TF_ACC_TERRAFORM_PATH"), "terraform", filepath.Join(repository(), ".cache/bin/tofu")} {
		if candidate == "" {
			continue
		}
		if path, err := exec.LookPath(candidate); err == nil {
			return path
		}
	}
	return ""
}

func findMirror() string {
	mirror := filepath.Join(repository(), ".cache/mirror")
	if found, _ := filepath.Glob(filepath.Join(mirror, "*/coder/coder/*/*")); len(found) == 0 {
		return ""
	}
	return mirror
}

// renderAll writes one configuration with every fixture, plans it and reads the outputs.
func renderAll() (map[string]rendered, error) {
	folder, err := os.MkdirTemp("", "modules")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)

	modules := map[string]any{}
	outputs := map[string]any{}
	for name, arguments := range fixtures {
		module := map[string]any{
			"source":         filepath.Join(repository(), "modules/workspace-clients"),
			"agent_id":       "agent",
			"registry_url":   clientServer().URL,
			"registry_type":  "artifactory",
			"ca_certificate": clientServerCA(),
		}
		for argument, value := range arguments {
			if text, ok := value.(string); ok {
				value = strings.ReplaceAll(text, "@SERVER@", clientServer().URL)
			}
			module[argument] = value
		}
		if strings.HasPrefix(name, "live") {
			module["registry_url"], module["ca_certificate"] = liveRegistry().URL, string(liveRegistry().CAPEM)
		}
		modules[name] = escapeTemplates(module)
		outputs[name] = map[string]any{"value": map[string]any{
			"texts":     "${module." + name + ".script_texts}",
			"variables": "${module." + name + ".client_variables}",
			"names":     "${module." + name + ".env_names}",
		}}
	}
	if err := writeConfiguration(folder, map[string]any{"module": modules, "output": outputs}); err != nil {
		return nil, err
	}
	// Everything the tests need is known at plan, and an apply would write the whole state after each resource.
	var text string
	for _, arguments := range [][]string{{"init", "-input=false"}, {"plan", "-input=false", "-out=plan"}, {"show", "-json", "plan"}} {
		if text, err = runCLI(folder, nil, arguments...); err != nil {
			return nil, err
		}
	}
	var plan struct {
		PlannedValues struct {
			Outputs map[string]struct{ Value rendered } `json:"outputs"`
		} `json:"planned_values"`
	}
	if err := json.Unmarshal([]byte(text), &plan); err != nil {
		return nil, fmt.Errorf("reading the plan: %w", err)
	}
	all := map[string]rendered{}
	for name, value := range plan.PlannedValues.Outputs {
		all[name] = value.Value
	}
	return all, nil
}

// writeConfiguration makes a root module of a folder, with the mirror as the only place for providers.
func writeConfiguration(folder string, configuration map[string]any) error {
	content, err := json.Marshal(configuration)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "main.tf.json"), content, 0o600); err != nil {
		return err
	}
	mirror := fmt.Appendf(nil, "provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", findMirror())
	return os.WriteFile(filepath.Join(folder, "cli.tfrc"), mirror, 0o600)
}

// runCLI runs Terraform or OpenTofu with nothing but the given variables in its environment, and gives what it prints.
func runCLI(folder string, environment []string, arguments ...string) (string, error) {
	cli := exec.Command(findCLI(), append(arguments, "-no-color")...)
	cli.Dir = folder
	cli.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "TF_CLI_CONFIG_FILE=" + filepath.Join(folder, "cli.tfrc"), "CHECKPOINT_DISABLE=1"}, environment...)
	text, err := cli.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", cli.Path, arguments[0], err, text)
	}
	return string(text), nil
}

// escapeTemplates keeps JSON configuration from reading ${ and %{ in texts.
func escapeTemplates(value any) any {
	switch value := value.(type) {
	case string:
		return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(value)
	case map[string]any:
		escaped := map[string]any{}
		for key, element := range value {
			escaped[key] = escapeTemplates(element)
		}
		return escaped
	}
	return value
}
