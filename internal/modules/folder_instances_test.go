package modules

import (
	"os"
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
