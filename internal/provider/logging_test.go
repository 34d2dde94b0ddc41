package provider

import (
	"os"
	"strings"
	"testing"
)

// The tests set variables of the process, so they cannot run in parallel.

func unsetLogs(t *testing.T) {
	t.Helper()
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "TF_LOG") {
			t.Setenv(name, "") // empty is unset, and put back after the test
		}
	}
	for _, name := range logLevels {
		t.Setenv(name, "")
	}
}

func TestQuietLogs(t *testing.T) { //nolint:paralleltest // it sets variables of the process
	unsetLogs(t)
	if err := QuietLogs(); err != nil {
		t.Fatal(err)
	}
	for _, name := range logLevels {
		if got := os.Getenv(name); got != "off" {
			t.Errorf("%s is %q", name, got)
		}
	}
}

func TestLogsThatSomebodyReads(t *testing.T) {
	for _, name := range []string{"TF_LOG", "TF_LOG_CORE", "TF_LOG_PROVIDER", "TF_LOG_PROVIDER_REGISTRY", "TF_LOG_SDK_PROTO"} {
		t.Run(name, func(t *testing.T) {
			unsetLogs(t)
			t.Setenv(name, "debug")
			if err := QuietLogs(); err != nil {
				t.Fatal(err)
			}
			for _, level := range logLevels {
				if got := os.Getenv(level); got == "off" {
					t.Errorf("%s=debug: %s is off", name, level)
				}
			}
		})
	}
}
