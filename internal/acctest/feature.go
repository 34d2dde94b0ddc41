package acctest

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/go-version"
)

// Feature is something that not every command line tool can do. OpenTofu numbers its releases on its own, so a plain
// comparison of versions would misjudge one of the two.
type Feature struct {
	name            string
	terraform, tofu string // the first version that has it; "" for none so far
}

// The features that tests ask for.
var (
	FeatureEphemeral = Feature{"ephemeral resources", "1.10.0", "1.11.0"}
	FeatureIdentity  = Feature{"import by identity", "1.12.0", "1.12.0"}
	FeatureQuery     = Feature{"query", "1.14.0", ""}
)

// Requires skips a test that the command line tool cannot run.
func Requires(t *testing.T, f Feature) {
	t.Helper()
	if os.Getenv("TF_ACC") != "" && !Has(f) {
		t.Skipf("the command line tool under test has no %s", f.name)
	}
}

// Has reports whether the command line tool under test has a feature.
func Has(f Feature) bool {
	tool := underTest()
	first := f.terraform
	if tool.tofu {
		first = f.tofu
	}
	return first != "" && tool.version.GreaterThanOrEqual(version.Must(version.NewVersion(first)))
}

type tool struct {
	tofu    bool
	version *version.Version
}

// underTest asks the tool once for its version. A tool that cannot be asked has no features.
var underTest = sync.OnceValue(func() tool {
	path := os.Getenv("TF_ACC_TERRAFORM_PATH")
	if path == "" {
		path = "terraform"
	}
	none := tool{version: version.Must(version.NewVersion("0.0.0"))}
	command := exec.Command(path, "version", "-json")
	command.Env = append(os.Environ(), "CHECKPOINT_DISABLE=1")
	out, err := command.Output()
	if err != nil {
		return none
	}
	var answer struct {
		Version string `json:"terraform_version"`
	}
	if json.Unmarshal(out, &answer) != nil {
		return none
	}
	v, err := version.NewVersion(answer.Version)
	if err != nil {
		return none
	}
	return tool{tofu: strings.Contains(plainVersion(path), "OpenTofu"), version: v.Core()}
})

func plainVersion(path string) string {
	out, err := exec.Command(path, "version").Output()
	if err != nil {
		return ""
	}
	return string(out)
}
