package modules

import (
	"maps"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const secretsFolder = ".coder-modules/registry-identity/workspace-clients/secrets"

// becomes gives the workspace to somebody else, with nothing in the environment but what the agent then has.
func (w *workspace) becomes(module rendered, owner, user, token string) {
	w.env = map[string]string{"HOME": w.home, "PATH": w.env["PATH"], "CODER_SCRIPT_BIN_DIR": w.env["CODER_SCRIPT_BIN_DIR"], "CODER_AGENT_TOKEN": "agent-token"}
	w.signIn(module, owner, user, token, inAYear)
}

// asWrittenBefore makes the folder look as the scripts of commit 5cfc1ea left it: a record per instance, and temporary files with
// nothing but a process id in their names.
func (w *workspace) asWrittenBefore(instance, owner, token string) {
	w.t.Helper()
	for name, text := range map[string]string{
		instance + "/owner": owner + "/" + owner + "\n", instance + "/user": owner + "\n",
		instance + "/token":         "user " + owner + "\nexpires 4073544000\nuntil 4073544000\nwarning \ntoken " + token + "\n",
		instance + "/token.4711":    "token " + token + "\n",
		instance + "/netrc":         "machine 127.0.0.1 login " + owner + " password " + token + "\n",
		instance + "/netrc.new.812": "password " + token + "\n",
		instance + "/settings.xml":  token, "netrc": "password " + token + "\n", "netrc.new.812": "password " + token + "\n",
	} {
		w.write(filepath.Join(secretsFolder, name), text, 0o600)
	}
}

// litter puts things into the folder that no script of ours writes, each with the token in it.
func (w *workspace) litter(token string) {
	w.t.Helper()
	for _, name := range []string{
		"-rf", " ", "a b", "a\nb", "*", "?", "[a]", ".hidden", "..more", "\xff", "netrc.new.1", "npmrc.new.1.2", "token.tmp", "lock/holder", "a/b/c/d",
		"registry/-rf", "registry/a\nb", "registry/.x", "registry/token.99", "registry/coder.7", "registry/netrc.new.99999.1", "registry/deep/er/token", "gone/netrc", "Not-An-Instance/netrc", "owner/netrc/netrc",
	} {
		w.write(filepath.Join(secretsFolder, name), token, 0o400)
	}
	for name, mode := range map[string]os.FileMode{"a/b/c": 0o500, "a/b": 0o100, "gone": 0, "registry/deep/er": 0o500, "registry/deep": 0o300} {
		if err := os.Chmod(w.data("secrets/"+name), mode); err != nil {
			w.t.Fatal(err)
		}
	}
}

// registryOf is the address of the first instance's registry.
func registryOf(w *workspace) string {
	_, rest, _ := strings.Cut(w.read(w.data("instances/registry")), "registry ")
	address, _, _ := strings.Cut(rest, "\n")
	return address
}

// part tells whether a shell runs case number i: dash runs all, the others a share.
func part(shell []string, i int) bool {
	switch shell[0] {
	case "busybox":
		return i%5 == 1
	case "bash":
		return i%5 == 3
	}
	return true
}

// everyFile is the content of all files of the home, also of those whose mode forbids it.
func (w *workspace) everyFile(token string) (found []string) {
	w.t.Helper()
	_ = filepath.WalkDir(w.home, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && strings.Contains(w.read(path), token) {
			found = append(found, strings.TrimPrefix(path, w.home))
		}
		return nil
	})
	return found
}

// Whatever the template called the instance before, and whatever became of the record: the next owner's scripts leave nothing.
func TestNothingOfAnotherOwnerStays(t *testing.T) {
	t.Parallel()
	all, second, keeper := render(t, "all"), render(t, "second"), render(t, "oauth")
	record := ".owner"
	damage := map[string]func(t *testing.T, w *workspace){
		"as it was":             func(*testing.T, *workspace) {},
		"record gone":           func(t *testing.T, w *workspace) { remove(t, w.data("secrets/"+record)) },
		"record empty":          func(_ *testing.T, w *workspace) { w.write(filepath.Join(secretsFolder, record), "", 0o600) },
		"record half written":   func(_ *testing.T, w *workspace) { w.write(filepath.Join(secretsFolder, record), "bob/", 0o600) },
		"record without an end": func(_ *testing.T, w *workspace) { w.write(filepath.Join(secretsFolder, record), "bob/dev", 0o600) },
		"record of noise": func(_ *testing.T, w *workspace) {
			w.write(filepath.Join(secretsFolder, record), "\x00\xff\nbob/dev\n", 0o600)
		},
		"record is a folder": func(t *testing.T, w *workspace) {
			remove(t, w.data("secrets/"+record))
			w.write(filepath.Join(secretsFolder, record, "x"), janesToken, 0o600)
		},
		"record is a link": func(t *testing.T, w *workspace) {
			remove(t, w.data("secrets/"+record))
			w.write("elsewhere", "bob/dev\n", 0o600)
			symlink(t, w.path("elsewhere"), w.data("secrets/"+record))
		},
		"an earlier version's": func(t *testing.T, w *workspace) {
			remove(t, w.data("secrets"))
			w.asWrittenBefore("registry", "jane", janesToken)
			w.asWrittenBefore("older-name", "jane", janesToken)
		},
		"an earlier version's, of nobody": func(t *testing.T, w *workspace) {
			remove(t, w.data("secrets"))
			w.asWrittenBefore("older-name", "jane", janesToken)
			remove(t, w.data("secrets/older-name/owner"))
		},
		"litter":       func(_ *testing.T, w *workspace) { w.litter(janesToken) },
		"not readable": func(t *testing.T, w *workspace) { chmod(t, w.data("secrets"), 0) },
		"not writeable": func(t *testing.T, w *workspace) {
			chmod(t, w.data("secrets/registry"), 0o500)
			chmod(t, w.data("secrets"), 0o500)
		},
	}
	nexts := map[string]rendered{"start": second, "refresh": all, "start of the same name": all, "start by coder": keeper}
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		i := 0
		for _, name := range slices.Sorted(maps.Keys(damage)) {
			for _, purpose := range slices.Sorted(maps.Keys(nexts)) {
				if i++; !part(shell, i) {
					continue
				}
				harm, next := damage[name], nexts[purpose]
				w := newWorkspace(t, shell)
				w.uid = asNobody(t, w)
				w.withCoder("", time.Now()).state("unlinked")
				w.env["CODER_WORKSPACE_NAME"] = "dev"
				w.signIn(all, "jane", "jane", janesToken, inAYear)
				w.run(all.Texts["start"])
				w.signIn(second, "jane", "jane", janesToken, inAYear)
				w.run(second.Texts["start"])
				harm(t, w)
				giveTo(t, w)
				path := w.env["PATH"]
				w.becomes(next, "bob", "bob", bobsToken)
				w.env["CODER_WORKSPACE_NAME"], w.env["PATH"] = "dev", path
				purpose, _, _ = strings.Cut(purpose, " ")
				result := w.tryScript(next.Texts[purpose])
				if found := w.everyFile(janesToken); len(found) > 0 {
					t.Errorf("%s, %s: bob finds jane's token in %q\n%s%s", name, purpose, found, result.stdout, result.stderr)
				}
				w.run(next.Texts["stop"])
				if found := append(w.everyFile(janesToken), w.everyFile(bobsToken)...); len(found) > 0 {
					t.Errorf("%s, %s: after the stop there is a token in %q", name, purpose, found)
				}
				if _, err := os.Lstat(w.data("secrets")); err == nil {
					t.Errorf("%s, %s: the folder stays", name, purpose)
				}
			}
		}
	})
}

// Half a wipe: whatever a killed rm -rf has already taken away, the rest goes.
func TestAHalfWipedFolderIsWiped(t *testing.T) {
	t.Parallel()
	module, second := render(t, "artifactory"), render(t, "second")
	w := newWorkspace(t, shells["dash"])
	w.signIn(module, "jane", "jane", janesToken, inAYear)
	w.run(module.Texts["start"])
	whole := filepath.Join(t.TempDir(), "home")
	copyOf(t, w.home, whole)
	random := rand.New(rand.NewSource(1))
	for range 12 {
		copyOf(t, whole, whole+"-again")
		w.putBack(whole + "-again")
		files, _ := filepath.Glob(w.data("secrets/*"))
		more, _ := filepath.Glob(w.data("secrets/registry/*"))
		for _, file := range append(append(files, more...), w.data("secrets/.owner")) {
			if info, err := os.Lstat(file); err == nil && info.Mode().IsRegular() && random.Intn(2) == 0 {
				remove(t, file)
			}
		}
		w.becomes(second, "bob", "bob", bobsToken)
		w.run(second.Texts["start"])
		if found := w.holding(janesToken); len(found) > 0 {
			t.Errorf("bob finds jane's token in %v", found)
		}
	}
}

// The home changes hands, and a client asks before the new owner's start script has run.
func TestHelpersAnswerTheOwnerOnly(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		for _, fixture := range []string{"artifactory", "artifactory_oauth"} {
			module := render(t, fixture)
			w := newWorkspace(t, shell)
			token := tokenOf(t, "jane")
			coder := w.withCoder(token, time.Now().Add(time.Hour))
			w.signIn(module, "jane", "jane", token, inAYear)
			w.env["CODER_WORKSPACE_NAME"], w.env["CODER_WORKSPACE_ID"] = "dev", "1"
			w.run(module.Texts["start"])
			_, index, _ := strings.Cut(w.read(w.data("instances/registry")), "url cargo ")
			index, _, _ = strings.Cut(index, "\n")
			w.env["CARGO_REGISTRY_INDEX_URL"] = "sparse+" + index
			janes := w.env
			fronts := map[string][]string{"registry-goauth": nil, "keyring": {"get", registryOf(w), "jane"}, "docker-credential-registry": {"list"}, "registry-cargo": nil, "registry-pnpm": nil}
			if fixture == "artifactory" {
				delete(fronts, "keyring")
			}
			answers := func(change map[string]string) (with []string) {
				w.env = map[string]string{}
				for name, value := range janes {
					w.env[name] = value
				}
				for name, value := range change {
					w.env[name] = value
					if value == "" {
						delete(w.env, name)
					}
				}
				for front, arguments := range fronts {
					link := w.data("bin/" + front)
					got := w.try(append(append(slices.Clone(shell), w.read(link), link), arguments...)...)
					if strings.Contains(got.stdout, token) || strings.Contains(got.stdout, basic("jane", token)) || strings.Contains(got.stdout, `"jane"`) {
						with = append(with, front)
					}
				}
				return with
			}
			coder.calls()
			for _, change := range []map[string]string{
				{"CODER_WORKSPACE_OWNER_NAME": "bob"},
				{"CODER_WORKSPACE_ID": "2"},
				{"CODER_WORKSPACE_ID": "", "CODER_WORKSPACE_NAME": "other"},
				{"CODER_WORKSPACE_OWNER_NAME": "bob", "CODER_WORKSPACE_ID": "", "CODER_WORKSPACE_NAME": ""},
			} {
				if with := answers(change); len(with) > 0 {
					t.Errorf("%s, %v: %v answer with jane's token", fixture, change, with)
				}
			}
			if calls := coder.calls(); calls != 0 {
				t.Errorf("%s: coder was called %d times for somebody else's folder", fixture, calls)
			}
			if with := answers(nil); len(with) != len(fronts) {
				t.Errorf("%s: only %v answer the owner", fixture, with)
			}
			// A process that the agent did not start knows nothing of this.
			nothing := map[string]string{"CODER_WORKSPACE_OWNER_NAME": "", "CODER_WORKSPACE_ID": "", "CODER_WORKSPACE_NAME": ""}
			if with := answers(nothing); len(with) != len(fronts) {
				t.Errorf("%s: only %v answer a process without the agent's variables", fixture, with)
			}
			// A token's file without the folder's record, or with another's, is nobody's.
			coder.state("unlinked")
			file := w.data("secrets/registry/token")
			whole := w.read(file)
			for _, text := range []string{strings.Replace(whole, "for jane/1\n", "", 1), strings.Replace(whole, "for jane/1\n", "for bob/1\n", 1)} {
				if text == whole {
					t.Fatalf("the token's file does not say whose it is:\n%s", whole)
				}
				w.write(secretsFolder+"/registry/token", text, 0o600)
				if with := answers(nil); len(with) > 0 {
					t.Errorf("%s: %v answer with a token of nobody", fixture, with)
				}
			}
			w.write(secretsFolder+"/registry/token", whole, 0o600)
			remove(t, w.data("secrets/.owner"))
			if with := answers(nothing); len(with) > 0 {
				t.Errorf("%s: %v answer from a folder without a record", fixture, with)
			}
		}
	})
}

// Links in the folder, or in its place, lead nowhere: what they lead to is neither written nor removed nor opened to others.
func TestLinksInTheFolderLeadNowhere(t *testing.T) {
	t.Parallel()
	module := render(t, "artifactory")
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		i := 0
		for _, owner := range []string{"jane", "bob"} {
			for _, purpose := range []string{"start", "refresh", "stop"} {
				for _, link := range []string{"secrets", "secrets/registry", "secrets/registry/token", "secrets/registry/settings.xml", "secrets/netrc", "secrets/registry/netrc", "secrets/.owner", "secrets/registry/owner", "secrets/other", "secrets/registry/netrc.new.1"} {
					if i++; !part(shell, i) {
						continue
					}
					w := newWorkspace(t, shell)
					w.signIn(module, "jane", "jane", janesToken, inAYear)
					w.run(module.Texts["start"])
					if info, err := os.Lstat(w.data(link)); err == nil && info.IsDir() {
						w.write("outside/file", "theirs", 0o644)
						chmod(t, w.path("outside"), 0o755)
					} else {
						w.write("outside", "theirs", 0o644)
					}
					remove(t, w.data(link))
					symlink(t, w.path("outside"), w.data(link))
					before := outside(w)
					w.becomes(module, owner, owner, bobsToken)
					w.tryScript(module.Texts[purpose])
					if after := outside(w); after != before {
						t.Errorf("%s by %s with a link at %s: what it leads to was %s and is %s", purpose, owner, link, before, after)
					}
					if info, err := os.Lstat(w.data(link)); err == nil && info.Mode()&os.ModeSymlink != 0 {
						t.Errorf("%s by %s: the link at %s stays", purpose, owner, link)
					}
					if found := w.holding(bobsToken); purpose != "stop" && len(found) < 5 {
						t.Errorf("%s by %s with a link at %s: the token is in %v only", purpose, owner, link, found)
					}
					w.run(module.Texts["stop"])
					if found := append(w.holding(bobsToken), w.holding(janesToken)...); len(found) > 0 {
						t.Errorf("%s by %s with a link at %s: after the stop there is a token in %v", purpose, owner, link, found)
					}
				}
			}
		}
	})
}
