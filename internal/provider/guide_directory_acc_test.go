package provider_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/slapdtest"
)

// directoryGuide is the guide whose reader has a directory, by its word.
const directoryGuide = "directory-to-workspace"

// directoryStep is a line that the reader types or, without one, something that happens meanwhile.
type directoryStep struct {
	line  string
	fails string // what a line that has to fail says; empty for one that has to succeed
	event string // what happens
	who   string // to whom, or how much later
}

// readDirectoryGuide takes the steps for one kind of registry out of the guide. Comments say which kind the following is
// for, which block has to fail, and what happens between blocks.
func readDirectoryGuide(t *testing.T, dialect devregistry.Dialect) []directoryStep {
	t.Helper()
	var steps []directoryStep
	on, fails, inShell := "both", "", false
	for line := range strings.Lines(read(t, filepath.Join("docs", "guides", directoryGuide+".md"))) {
		text := strings.TrimSpace(line)
		meant := on == "both" || on == string(dialect)
		switch comment, isComment := strings.CutPrefix(text, "<!-- "); {
		case isComment:
			name, value, _ := strings.Cut(strings.TrimSuffix(comment, " -->"), ": ")
			switch name {
			case "fails":
				fails = value
			case "removed from the directory", "account deleted", "later":
				steps = append(steps, directoryStep{event: name, who: value})
			default:
				on = strings.TrimPrefix(name, "on ")
			}
		case text == "```shell":
			inShell = true
		case inShell && text == "```":
			inShell, fails = false, ""
		case inShell && meant:
			steps = append(steps, directoryStep{line: text, fails: fails})
		}
	}
	return steps
}

// people are the guide's: one in the group that may install, one who is not.
type directoryReader struct {
	env       *acctest.Env
	directory *slapdtest.Directory
	cli       *acctest.CLI
}

func newDirectoryReader(t *testing.T, dialect devregistry.Dialect) *directoryReader {
	t.Helper()
	directory := slapdtest.Start(t)
	env := acctest.StartEmbedded(t, dialect, func(o *devregistry.Options) {
		o.DirectoryCAs, o.ArtifactKeeper.AllowPrivateIssuers = [][]byte{directory.CAPEM}, true
	})
	cli := acctest.NewCLI(t, map[string]func() (tfprotov6.ProviderServer, error){"registry-identity/registry": acctest.Factories()["registry"]})
	r := &directoryReader{env, directory, cli}
	r.copyExamples(t)
	for _, name := range []string{"ada", "grace", "hedy"} {
		password := strings.ToUpper(name[:1]) + name[1:] + "-Passw0rd"
		cli.Write(name+".netrc", "machine 127.0.0.1 login "+name+" password "+password+"\n")
		cli.WriteJSON(name+".json", map[string]string{"username": name, "password": password})
	}
	home := t.TempDir()
	for name, value := range map[string]string{
		"REGISTRY_URL": env.Server.URL, "CURL_CA_BUNDLE": env.Server.CAFile, "npm_config_cafile": env.Server.CAFile,
		"TF_VAR_reader_password": slapdtest.ReaderPassword, "TF_VAR_directory_url": directory.TLSURL,
		"TF_VAR_directory_ca_certificate": string(directory.CAPEM), "TF_CLI_ARGS": "-no-color",
		"TF_CLI_ARGS_apply": "-auto-approve -input=false", "HOME": home, "npm_config_cache": filepath.Join(home, ".npm"),
		"npm_config_audit": "false", "npm_config_fund": "false", "npm_config_update_notifier": "false",
	} {
		cli.Set(name, value)
	}
	return r
}

// copyExamples gives the reader the folders the guide shows. What they have in the environment is written into the provider
// blocks, since the provider runs in this process.
func (r *directoryReader) copyExamples(t *testing.T) {
	t.Helper()
	source := filepath.Join(root, "examples", directoryGuide)
	err := filepath.WalkDir(source, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !slices.Contains([]string{".tf", ".tfvars"}, filepath.Ext(path)) {
			return err
		}
		name, err := filepath.Rel(source, path)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Join(r.cli.Dir, filepath.Dir(name)), 0o700); err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		r.cli.Write(name, strings.Replace(string(content), "provider \"registry\" {}\n", r.env.Provider(), 1))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// follow does what the guide says, with other names for what the reader has otherwise.
func (r *directoryReader) follow(t *testing.T, person string, rename *strings.Replacer) {
	t.Helper()
	steps := readDirectoryGuide(t, r.env.Dialect)
	if len(steps) < 20 {
		t.Fatalf("the guide has %d steps", len(steps))
	}
	for _, step := range steps {
		who := rename.Replace(step.who)
		switch step.event {
		case "removed from the directory":
			r.directory.Remove(t, person)
			continue
		case "later":
			wait, err := time.ParseDuration(step.who)
			if err != nil {
				t.Fatal(err)
			}
			r.env.Server.Store.Advance(wait)
			continue
		case "account deleted":
			account, err := r.env.Registry.Users.FindByUsername(t.Context(), who)
			if err == nil {
				err = r.env.Registry.Users.Delete(t.Context(), account.ID)
			}
			if err != nil {
				t.Fatal(err)
			}
			continue
		}
		line := rename.Replace(step.line)
		printed, err := r.cli.Shell(line)
		t.Logf("$ %s\n%s", line, printed)
		switch {
		case step.fails == "" && err != nil:
			t.Fatalf("%s: %v", line, err)
		case step.fails != "" && (err == nil || !strings.Contains(strings.Join(strings.Fields(printed), " "), step.fails)):
			t.Fatalf("%s: does not fail with %q: %v", line, step.fails, err)
		}
	}
}

// installed makes sure that the guide's installation left the package there, and the refused one nothing.
func (r *directoryReader) installed(t *testing.T, person string) {
	t.Helper()
	var manifest struct{ Name string }
	if err := json.Unmarshal([]byte(r.cli.Read(person+"/node_modules/@acme/hello/package.json")), &manifest); err != nil || manifest.Name != "@acme/hello" {
		t.Errorf("%s has installed %v: %v", person, manifest, err)
	}
	if _, err := os.Stat(filepath.Join(r.cli.Dir, "grace", "node_modules", "@acme", "hello")); err == nil {
		t.Error("grace has the package too")
	}
}

func TestGuideDirectoryArtifactKeeper(t *testing.T) {
	t.Parallel()
	r := newDirectoryReader(t, devregistry.ArtifactKeeper)
	r.follow(t, slapdtest.PersonDN("ada"), strings.NewReplacer())
	r.installed(t, "ada")
}

func TestGuideDirectoryArtifactory(t *testing.T) {
	t.Parallel()
	for strategy, tc := range map[string]struct{ name, dn string }{
		"static":       {"ada", slapdtest.PersonDN("ada")},
		"dynamic":      {"ada", slapdtest.PersonDN("ada")},
		"hierarchical": {"hedy", "uid=hedy,ou=research,ou=uk,ou=staff," + slapdtest.BaseDN},
	} {
		t.Run(strategy, func(t *testing.T) {
			t.Parallel()
			r := newDirectoryReader(t, devregistry.Artifactory)
			r.follow(t, tc.dn, strings.NewReplacer("static.tfvars", strategy+".tfvars", "ada", tc.name))
			r.installed(t, tc.name)
		})
	}
}
