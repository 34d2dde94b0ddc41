package modules

import (
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const inAYear = "2099-01-31T12:00:00Z"

func TestScriptsCarryNoSecretAndFitAnArgument(t *testing.T) {
	t.Parallel()
	for name := range fixtures {
		module := render(t, name)
		for purpose, text := range module.Texts {
			if len(text) >= 131072 {
				t.Errorf("%s %s: %d bytes are too long for one argument", name, purpose, len(text))
			}
			if !strings.HasPrefix(text, "#!/bin/sh\n") {
				t.Errorf("%s %s: no shebang", name, purpose)
			}
		}
	}
}

func TestFirstStart(t *testing.T) {
	t.Parallel()
	module := render(t, "all")
	url := clientServer().URL
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w := newWorkspace(t, shell)
		w.signIn(module, "jane", "jane@example.com", janesToken, inAYear)
		result := w.run(module.Texts["start"])

		npmrc := w.read(w.path(".npmrc"))
		contains(t, ".npmrc", npmrc, "\nregistry="+url+"/artifactory/api/npm/npm-virtual/\n")
		contains(t, ".npmrc", npmrc, "\n@acme:registry="+url+"/artifactory/api/npm/npm-private/\n")
		contains(t, ".npmrc", npmrc, "\n@labs:registry="+url+"/artifactory/api/npm/npm-private/\n")
		address := strings.TrimPrefix(url, "https:")
		for _, key := range []string{"npm-virtual", "npm-private"} {
			line := address + "/artifactory/api/npm/" + key + "/:_authToken=${WORKSPACE_REGISTRY_TOKEN}\n"
			if strings.Count(npmrc, line) != 1 {
				t.Errorf(".npmrc should have once %q:\n%s", line, npmrc)
			}
		}
		goenv := w.read(w.path(".config/go/env"))
		contains(t, "go env", goenv, "\nGOPROXY="+url+"/artifactory/api/go/go-virtual,off\n")
		contains(t, "go env", goenv, "\nGONOSUMDB=*\n")
		contains(t, "go env", goenv, "\nGOAUTH="+w.data("bin/registry-goauth")+";netrc\n")
		if got, want := module.Variables["PIP_INDEX_URL"], url+"/artifactory/api/pypi/pypi-virtual/simple"; got != want {
			t.Errorf("PIP_INDEX_URL is %q, want %q", got, want)
		}

		for _, line := range []string{"npm ok: ", "go ok: ", "pypi ok: ", "token ok: valid until " + inAYear} {
			contains(t, "output", result.stdout, "  "+line)
			contains(t, "status file", w.read(w.data("registry.status")), line)
		}
		for path, description := range w.tree() {
			if strings.HasPrefix(path, "/.coder-modules") && !strings.HasPrefix(description, "L") && description[4:10] != "------" {
				t.Errorf("%s is open to others: %s", path, description)
			}
		}
	})
}

func TestSecondRunChangesNothing(t *testing.T) {
	t.Parallel()
	module := render(t, "all")
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w := newWorkspace(t, shell)
		w.write(".npmrc", "loglevel=warn", 0o644)
		w.write(".netrc", "machine example.org login me password mine", 0o600)
		w.signIn(module, "jane", "jane", janesToken, inAYear)
		first := w.run(module.Texts["start"])
		before := w.tree()
		refresh := w.run(module.Texts["refresh"])
		if !maps.Equal(before, w.tree()) {
			t.Errorf("the refresh changed something:\n%v\n%v", before, w.tree())
		}
		if refresh.stdout != "" {
			t.Errorf("a refresh with nothing to do should be silent: %s", refresh.stdout)
		}
		second := w.run(module.Texts["start"])
		if !maps.Equal(before, w.tree()) {
			t.Errorf("the second start changed something:\n%v\n%v", before, w.tree())
		}
		if second != first {
			t.Errorf("the second start says something else:\n%v\n%v", first, second)
		}
	})
}

func TestRefreshRepairs(t *testing.T) {
	t.Parallel()
	module := render(t, "all")
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w := newWorkspace(t, shell)
		w.signIn(module, "jane", "jane", janesToken, inAYear)
		w.run(module.Texts["start"])
		before := w.tree()
		if err := os.Remove(w.path(".npmrc")); err != nil {
			t.Fatal(err)
		}
		result := w.run(module.Texts["refresh"])
		contains(t, "output", result.stdout, "npm ok: ")
		if !maps.Equal(before, w.tree()) {
			t.Errorf("not as before:\n%v\n%v", before, w.tree())
		}
	})
}

func TestUserFilesArePreservedAndStopLeavesNothing(t *testing.T) {
	t.Parallel()
	module := render(t, "all")
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w := newWorkspace(t, shell)
		w.write("dotfiles/npmrc", "# mine\nregistry=https://registry.npm.example/\n//npm.example.org/:_authToken=$HOME`id`\n", 0o640)
		if err := os.Symlink("dotfiles/npmrc", w.path(".npmrc")); err != nil {
			t.Fatal(err)
		}
		w.write(".netrc", "machine example.org\n  login me\n  password mine\n", 0o600)
		w.write(".config/go/env", "GOFLAGS=-mod=mod\nGOPROXY=direct\n", 0o644)
		w.write(".config/pip/pip.conf", "[global]\ntimeout = 7\n", 0o644)
		before := w.tree()

		w.signIn(module, "jane", "jane", janesToken, inAYear)
		w.run(module.Texts["start"])
		contains(t, ".npmrc", w.read(w.path("dotfiles/npmrc")), "# mine\nregistry=https://registry.npm.example/\n//npm.example.org/:_authToken=$HOME`id`\n# >>> package registry registry >>>")
		contains(t, "go env", w.read(w.path(".config/go/env")), "GOFLAGS=-mod=mod\nGOPROXY=direct\n#")
		contains(t, "netrc", w.read(w.data("secrets/netrc")), "\nmachine example.org\n  login me\n  password mine\n")
		during := w.tree()
		for _, untouched := range []string{"/.npmrc", "/.netrc", "/.config/pip/pip.conf"} {
			if before[untouched] != during[untouched] {
				t.Errorf("%s was %q and is %q", untouched, before[untouched], during[untouched])
			}
		}
		for _, extended := range []string{"/dotfiles/npmrc", "/.config/go/env"} {
			if before[extended][:10] != during[extended][:10] {
				t.Errorf("%s: mode was %s and is %s", extended, before[extended], during[extended])
			}
		}

		w.run(module.Texts["stop"])
		if after := w.tree(); !maps.Equal(before, after) {
			t.Errorf("stop left something behind:\n%v\n%v", before, after)
		}
	})
}

// Somebody has deleted the end of the block: what follows the begin may be theirs.
func TestDamagedBlockLosesNothing(t *testing.T) {
	t.Parallel()
	module := render(t, "npm_only")
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w := newWorkspace(t, shell)
		w.signIn(module, "jane", "jane", janesToken, inAYear)
		w.run(module.Texts["start"])
		begin, _, _ := strings.Cut(w.read(w.path(".npmrc")), "\n")
		w.write(".npmrc", "first=1\n"+begin+"\nsecond=2\n"+begin+"\nthird=3\n", 0o600)
		w.run(module.Texts["start"])
		npmrc := w.read(w.path(".npmrc"))
		contains(t, ".npmrc", npmrc, "first=1\nsecond=2\nthird=3\n"+begin+"\nregistry=")
	})
}

func TestDroppedPackageManagersAreRemoved(t *testing.T) {
	t.Parallel()
	all, npmOnly := render(t, "all"), render(t, "npm_only")
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w := newWorkspace(t, shell)
		w.signIn(all, "jane", "jane", janesToken, inAYear)
		w.run(all.Texts["start"])
		w.run(npmOnly.Texts["start"])
		fresh := newWorkspace(t, shell)
		fresh.signIn(npmOnly, "jane", "jane", janesToken, inAYear)
		fresh.run(npmOnly.Texts["start"])
		got, want := slices.Sorted(maps.Keys(w.tree())), slices.Sorted(maps.Keys(fresh.tree()))
		// Empty folders of the dropped ones may stay.
		got = slices.DeleteFunc(got, func(path string) bool {
			info, err := os.Lstat(w.home + path)
			return err == nil && info.IsDir() && !slices.Contains(want, path)
		})
		if !slices.Equal(got, want) {
			t.Errorf("got %v\nwant %v", got, want)
		}
		lacks(t, ".npmrc", w.read(w.path(".npmrc")), "@acme")
	})
}

func TestBadHome(t *testing.T) {
	t.Parallel()
	module := render(t, "all")
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		for home, reason := range map[string]string{
			"-":         "HOME is not set",
			"":          "HOME is not set",
			"home/jane": "is not an absolute path",
			"/tmp/it's": "contains a character",
			"/tmp/a\nb": "contains a character",
			"/dev/null": "Cannot write to /dev/null/.coder-modules",
		} {
			w := newWorkspace(t, shell)
			w.signIn(module, "jane", "jane", janesToken, inAYear)
			w.env["HOME"] = home
			if home == "-" {
				delete(w.env, "HOME")
			}
			result := w.tryScript(module.Texts["start"])
			if result.code != 1 {
				t.Errorf("HOME=%q: exit %d", home, result.code)
			}
			contains(t, "message", result.stderr, reason)
		}
	})
}

// Root can write everywhere, so this runs as a user without rights.
func TestUnwritableHome(t *testing.T) {
	t.Parallel()
	module := render(t, "all")
	if os.Getuid() != 0 {
		missing(t, "only root can become another user")
	}
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w := newWorkspace(t, shell)
		w.uid = 65534
		w.signIn(module, "jane", "jane", janesToken, inAYear)
		before := w.tree()
		for _, purpose := range []string{"start", "refresh"} {
			result := w.tryScript(module.Texts[purpose])
			if result.code != 1 {
				t.Errorf("%s: exit %d", purpose, result.code)
			}
			contains(t, "message", result.stderr, "Cannot write to "+w.data("")+" as user 65534")
			contains(t, "message", result.stderr, "The home folder must belong to the workspace user")
			lacks(t, "message", result.stdout+result.stderr, janesToken)
		}
		if !maps.Equal(before, w.tree()) {
			t.Error("something was written")
		}
	})
}

// One file that cannot be written fails its package manager, not the others.
func TestOnePackageManagerFails(t *testing.T) {
	t.Parallel()
	module := render(t, "all")
	if os.Getuid() != 0 {
		missing(t, "only root can become another user")
	}
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w := newWorkspace(t, shell)
		w.uid = 65534
		if err := os.Chown(w.home, 65534, 65534); err != nil {
			t.Fatal(err)
		}
		w.write(".npmrc", "theirs=1\n", 0o600)
		w.signIn(module, "jane", "jane", janesToken, inAYear)
		result := w.tryScript(module.Texts["start"])
		if result.code != 1 {
			t.Errorf("exit %d", result.code)
		}
		contains(t, "output", result.stdout, "npm failed: "+w.path(".npmrc")+" could not be written: look at its owner and mode")
		contains(t, "output", result.stdout, "go ok: ")
		contains(t, "output", result.stdout, "pypi ok: ")
		contains(t, "status", w.read(w.data("registry.status")), "npm failed: ")
		if w.read(w.path(".npmrc")) != "theirs=1\n" {
			t.Error(".npmrc was changed")
		}
	})
}

func TestGoWithoutASettingsFile(t *testing.T) {
	t.Parallel()
	module := render(t, "all")
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		for name, value := range map[string]string{"GOENV": "off", "XDG_CONFIG_HOME": "relative"} {
			w := newWorkspace(t, shell)
			w.signIn(module, "jane", "jane", janesToken, inAYear)
			w.env[name] = value
			result := w.tryScript(module.Texts["start"])
			if result.code != 1 {
				t.Errorf("exit %d", result.code)
			}
			contains(t, "output", result.stdout, "go failed: go reads no settings file here")
		}
		w := newWorkspace(t, shell)
		w.signIn(module, "jane", "jane", janesToken, inAYear)
		w.env["GOENV"] = w.path("my/goenv")
		w.run(module.Texts["start"])
		contains(t, "go env", w.read(w.path("my/goenv")), "GOPROXY=")
	})
}

// The environment beats every file, so the script has to say so.
func TestOverruledByTheEnvironment(t *testing.T) {
	t.Parallel()
	module := render(t, "all")
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w := newWorkspace(t, shell)
		w.signIn(module, "jane", "jane", janesToken, inAYear)
		w.env["GOPROXY"] = "https://proxy.example.org"
		w.env["PIP_INDEX_URL"] = "https://pypi.example.org"
		w.env["PIP_NO_INDEX"] = "1"
		w.env["NPM_CONFIG_REGISTRY"] = "https://npm.example.org"
		result := w.run(module.Texts["start"])
		contains(t, "output", result.stdout, "the environment sets GOPROXY, which wins")
		contains(t, "output", result.stdout, "the environment sets PIP_INDEX_URL PIP_NO_INDEX, which wins")
		contains(t, "output", result.stdout, "the environment sets NPM_CONFIG_REGISTRY, which wins")
		if refresh := w.run(module.Texts["refresh"]); refresh.stdout != "" {
			t.Errorf("once is enough: %s", refresh.stdout)
		}
	})
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	module := render(t, "npm_only")
	at := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
	cases := map[string]struct{ said, refresh string }{
		at(-time.Minute):       {"token note: expired at ", "token note: expired at "},
		"2024-02-29T08:09:00Z": {"token note: expired at ", "token note: expired at "},
		at(time.Hour):          {"in less than 24 hours: stop and start this workspace", "in less than 24 hours"},
		at(23 * time.Hour):     {"in less than 24 hours", "in less than 24 hours"},
		at(25 * time.Hour):     {"token ok: valid until ", ""},
		strings.Replace(at(48*time.Hour), "Z", ".123Z", 1): {"token ok: valid until ", ""},
		"":              {"token ok: does not expire", ""},
		"$(id)":         {"token note: cannot tell when the token ends: WORKSPACE_REGISTRY_TOKEN_EXPIRES_AT is not a UTC time", ""},
		"tomorrow noon": {"token note: cannot tell", ""},
	}
	// The calendar arithmetic, over leap years and every month.
	for month := range 14 {
		day := time.Now().AddDate(0, month+1, 0).UTC()
		cases[day.Format(time.RFC3339)] = struct{ said, refresh string }{"token ok: valid until ", ""}
	}
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w := newWorkspace(t, shell)
		for expires, want := range cases {
			w.signIn(module, "jane", "jane", janesToken, expires)
			contains(t, "output of start", w.run(module.Texts["start"]).stdout, want.said)
			if refresh := w.run(module.Texts["refresh"]); want.refresh == "" && refresh.stdout != "" {
				t.Errorf("%s: a refresh should be silent: %s", expires, refresh.stdout)
			} else {
				contains(t, "output of refresh", refresh.stdout, want.refresh)
			}
		}
	})
}

func TestModeIsRepaired(t *testing.T) {
	t.Parallel()
	module := render(t, "all")
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w := newWorkspace(t, shell)
		w.signIn(module, "jane", "jane", janesToken, inAYear)
		w.run(module.Texts["start"])
		for path, mode := range map[string]fs.FileMode{"secrets": 0o755, "secrets/netrc": 0o644, "secrets/registry/token": 0o644} {
			if err := os.Chmod(w.data(path), mode); err != nil {
				t.Fatal(err)
			}
		}
		w.run(module.Texts["refresh"])
		for path, mode := range map[string]fs.FileMode{"secrets": 0o700, "secrets/netrc": 0o600, "secrets/registry/token": 0o600} {
			info, err := os.Stat(w.data(path))
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != mode {
				t.Errorf("%s has mode %s", path, strconv.FormatUint(uint64(info.Mode().Perm()), 8))
			}
		}
	})
}
