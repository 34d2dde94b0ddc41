package modules

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// hangs lets a program of a folder wait at its first call until it is let go. It gives functions that tell whether that was, and that
// let it go.
func hangs(t *testing.T, folder, program, body string) (called func() bool, letGo func()) {
	t.Helper()
	asked, gone := filepath.Join(folder, "asked"), filepath.Join(folder, "go")
	mustRun(t, "mkfifo", gone)
	text := fmt.Sprintf("#!/bin/sh\nif [ ! -e '%[1]s' ]; then\n\t: >'%[1]s'\n\tread -r x <'%[2]s'\nfi\n%[3]s\n", asked, gone, body)
	if err := os.WriteFile(filepath.Join(folder, program), []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return func() bool { _, err := os.Stat(asked); return err == nil },
		func() {
			if err := os.WriteFile(gone, []byte("x\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
}

// A start that hangs while the workspace stops writes nothing any more, and a credential program that waits for Coder keeps nothing
// where somebody else's token is.
func TestALateRunWritesNothing(t *testing.T) {
	t.Parallel()
	env, coded, warned, second := render(t, "artifactory"), render(t, "artifactory_oauth"), render(t, "oauth_warn"), render(t, "second")
	for _, late := range []struct {
		name   string
		module rendered
		helper bool
		// who starts the workspace meanwhile, after the stop where it is a start that is late.
		next rendered
	}{
		{"start then stop", env, false, rendered{}},
		{"start then another owner", env, false, second},
		{"start by coder then stop", coded, false, rendered{}},
		{"helper then stop", coded, true, rendered{}},
		{"helper then another owner", coded, true, second},
		{"helper then another owner of the same name", warned, true, warned},
	} {
		t.Run(late.name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, shells["dash"])
			token := tokenOf(t, "jane")
			coder := w.withCoder(token, time.Now().Add(time.Hour))
			w.signIn(late.module, "jane", "jane", token, inAYear)
			if late.helper {
				w.run(late.module.Texts["start"])
				remove(t, w.data("secrets/registry/token"))
			}
			slow := t.TempDir()
			// The start's clients that come after npm have yet to be given the token.
			w.write(".npmrc", "theirs=1\n", 0o600)
			program, body := "awk", "exec "+lookPath(t, "awk")+` "$@"`
			if late.helper {
				program, body = "coder", "exec "+filepath.Join(coder.folder, "coder")+` "$@"`
			}
			called, letGo := hangs(t, slow, program, body)
			janes := *w
			janes.env = maps.Clone(w.env)
			janes.env["PATH"] = slow + ":" + w.env["PATH"]
			var got outcome
			done := make(chan struct{})
			go func() {
				defer close(done)
				if late.helper {
					got = janes.try(janes.data("bin/registry-pnpm"))
				} else {
					got = janes.tryScript(late.module.Texts["start"])
				}
			}()
			until(t, func() bool {
				select {
				case <-done:
					t.Fatalf("it did not wait: %v", got)
				default:
				}
				return called()
			})
			if !late.helper || late.next.Texts == nil {
				w.tryScript(late.module.Texts["stop"])
			}
			if late.next.Texts != nil {
				path := w.env["PATH"]
				w.becomes(late.next, "bob", "bob", bobsToken)
				w.env["PATH"] = path
				coder.state("unlinked")
				lacks(t, "the next owner's start", w.tryScript(late.next.Texts["start"]).stdout, "another process has been asking")
			}
			coder.state("ok")
			letGo()
			<-done
			if found := w.everyFile(token); len(found) > 0 {
				t.Errorf("jane's token is in %v", found)
			}
			if strings.Contains(got.stdout, token) || strings.Contains(got.stdout, basic("jane", token)) {
				t.Errorf("the late helper says %q", got.stdout)
			}
		})
	}
}

// A killed run leaves copies of the user's own files beside them, with what the user has written there.
func TestTemporaryFilesBesideTheUsersAreRemoved(t *testing.T) {
	t.Parallel()
	none := render(t, "second")
	for fixture, files := range map[string][]string{
		"artifactory":       {".npmrc", ".config/go/env", ".docker/config.json", ".cargo/config.toml", ".config/pnpm/auth.ini", ".yarnrc"},
		"artifactory_oauth": {".config/pip/pip.conf", ".pip/pip.conf", ".config/uv/uv.toml"},
	} {
		module := render(t, fixture)
		for purpose, text := range map[string]string{"start": module.Texts["start"], "refresh": module.Texts["refresh"], "stop": module.Texts["stop"], "start without it": none.Texts["start"]} {
			t.Run(fixture+"/"+purpose, func(t *testing.T) {
				t.Parallel()
				w := newWorkspace(t, shells["dash"])
				w.withCoder("", time.Now()).state("unlinked")
				w.signIn(module, "bob", "bob", "", "")
				w.write("dotfiles/npmrc", "theirs=1\n", 0o600)
				symlink(t, "dotfiles/npmrc", w.path(".npmrc"))
				for _, file := range append(files, "dotfiles/npmrc") {
					// As this version names them, and as the one before did; and a file of the user's.
					w.write(file+".new.4711.123456", ownSecret, 0o600)
					w.write(file+".new.4711", ownSecret, 0o600)
					w.write(file+".new.txt", "theirs", 0o600)
				}
				w.tryScript(text)
				found := w.holding(ownSecret)
				if fixture == "artifactory" {
					// The link leads to dotfiles/npmrc, so nothing was ever written beside the link itself.
					found = slices.DeleteFunc(found, func(path string) bool { return strings.HasPrefix(path, "/.npmrc.new.") })
				}
				if len(found) > 0 {
					t.Errorf("copies stay: %v", found)
				}
				for _, file := range append(files, "dotfiles/npmrc") {
					if w.read(w.path(file+".new.txt")) != "theirs" {
						t.Errorf("%s.new.txt is gone", file)
					}
				}
			})
		}
	}
}
