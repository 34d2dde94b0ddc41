package modules

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Instances of one owner, of either module, come up together, and none loses anything by another.
func TestInstancesStartTogether(t *testing.T) {
	t.Parallel()
	env, coded := render(t, "all"), render(t, "oauth_second")
	for name, apart := range map[string]bool{"with each other's variables": false, "with their own only": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachShell(t, func(t *testing.T, shell []string) {
				t.Helper()
				w := newWorkspace(t, shell)
				token := tokenOf(t, "jane")
				w.withCoder(token, time.Now().Add(time.Hour))
				w.signIn(env, "jane", "jane", janesToken, inAYear)
				if !apart {
					w.signIn(coded, "jane", "jane", "", "")
				}
				other := *w
				other.env = map[string]string{}
				for name, value := range w.env {
					if !apart || !strings.HasPrefix(name, "WORKSPACE_REGISTRY_") {
						other.env[name] = value
					}
				}
				other.signIn(coded, "jane", "jane", "", "")
				// Jane's home was another owner's before.
				w.asWrittenBefore("registry", "bob", bobsToken)
				var group sync.WaitGroup
				for range 2 {
					group.Go(func() { w.tryScript(env.Texts["start"]) })
					group.Go(func() { other.tryScript(coded.Texts["start"]) })
					group.Go(func() { w.tryScript(env.Texts["refresh"]) })
				}
				group.Wait()
				for file, wanted := range map[string]string{"registry/token": janesToken, "registry/netrc": janesToken, "netrc": janesToken, "second/token": token, "second/npmrc": token, "npmrc": token} {
					contains(t, file, w.read(w.data("secrets/"+file)), wanted)
				}
				if found := w.everyFile(bobsToken); len(found) > 0 {
					t.Errorf("bob's token is in %v", found)
				}
			})
		})
	}
}

// The same owner's template has renamed an instance: a new agent, which has other variables, comes up in the same home.
func TestARenamedInstanceIsForgotten(t *testing.T) {
	t.Parallel()
	all, rival := render(t, "all"), render(t, "second")
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		for _, purpose := range []string{"start", "refresh", "stop"} {
			w := newWorkspace(t, shell)
			w.withCoder("", time.Now())
			w.signIn(all, "jane", "jane", janesToken, inAYear)
			w.run(all.Texts["start"])
			// Of an agent that is gone.
			w.write(secretsFolder+"/registry/owner", "jane\n\n1.1\n", 0o600)
			w.becomes(rival, "jane", "jane", bobsToken)
			w.run(rival.Texts[purpose])
			if found := w.everyFile(janesToken); len(found) > 0 {
				t.Errorf("%s: the token of the instance that is gone is in %v", purpose, found)
			}
			if _, err := os.Lstat(w.data("instances/registry")); err == nil {
				t.Errorf("%s: the credential program still answers for the instance that is gone", purpose)
			}
			// What another agent of this workspace has in the same home stays.
			if purpose == "stop" {
				continue
			}
			w.env["CODER_WORKSPACE_AGENT_NAME"] = "main"
			w.write(secretsFolder+"/theirs/owner", "jane\nother\n1.1\n", 0o600)
			w.write(secretsFolder+"/theirs/token", "x", 0o600)
			w.run(rival.Texts[purpose])
			if w.read(w.data("secrets/theirs/token")) == "" {
				t.Errorf("%s: the other agent's token is gone", purpose)
			}
		}
	})
}

// A start that hangs while the workspace stops, or until somebody else has the workspace, writes nothing any more.
func TestALateRunWritesNothing(t *testing.T) {
	t.Parallel()
	module := render(t, "artifactory_oauth")
	for _, purpose := range []string{"start", "helper"} {
		for _, end := range []string{"stop", "next owner"} {
			t.Run(purpose+"/"+end, func(t *testing.T) {
				t.Parallel()
				w := newWorkspace(t, shells["dash"])
				token := tokenOf(t, "jane")
				coder := w.withCoder(token, time.Now().Add(time.Hour))
				w.signIn(module, "jane", "jane", "", "")
				if purpose == "helper" {
					w.run(module.Texts["start"])
					remove(t, w.data("secrets/registry/token"))
				}
				// coder answers when it is let go.
				path := filepath.Join(coder.folder, "coder")
				text := strings.Replace(w.read(path), "case $state in\nok)", fmt.Sprintf("case $state in\nok)\n: >%[1]s/asked\nread -r x <%[1]s/go", coder.folder), 1)
				if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
					t.Fatal(err)
				}
				mustRun(t, "mkfifo", filepath.Join(coder.folder, "go"))
				late := *w
				late.env = map[string]string{}
				for name, value := range w.env {
					late.env[name] = value
				}
				var got outcome
				done := make(chan struct{})
				go func() {
					defer close(done)
					if purpose == "start" {
						got = late.tryScript(module.Texts["start"])
					} else {
						got = late.try(late.data("bin/registry-goauth"))
					}
				}()
				until(t, func() bool { _, err := os.Stat(filepath.Join(coder.folder, "asked")); return err == nil })
				if end == "stop" {
					w.tryScript(module.Texts["stop"])
				} else {
					if purpose == "start" {
						// The lock is the late run's for a minute, but for a stop.
						w.tryScript(module.Texts["stop"])
					}
					next := render(t, "second")
					w.becomes(next, "bob", "bob", bobsToken)
					w.run(next.Texts["start"])
				}
				if err := os.WriteFile(filepath.Join(coder.folder, "go"), []byte("x\n"), 0o600); err != nil {
					t.Fatal(err)
				}
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
}
