package jfrogclient

import (
	"os"
	"os/exec"
	"strings"
)

// buildEnv is the environment for building with Go: the caches are asked for before HOME is pointed elsewhere, so that
// they are found again.
func buildEnv() []string { return append(os.Environ(), goCaches...) }

var goCaches = func() []string {
	names := []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS"}
	output, err := exec.Command("go", append([]string{"env"}, names...)...).Output()
	if err != nil {
		return nil
	}
	values := strings.Split(strings.TrimRight(string(output), "\n"), "\n")
	var env []string
	for i, value := range values {
		if i < len(names) {
			env = append(env, names[i]+"="+value)
		}
	}
	return env
}()
