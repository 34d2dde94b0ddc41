package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	reader, writer := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, []string{
			"--listen", "127.0.0.1:0", "--state-dir", dir, "--request-log", filepath.Join(dir, "requests"),
		}, writer, io.Discard)
	}()
	line, err := bufio.NewReader(reader).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		URL            string            `json:"url"`
		CAFile         string            `json:"ca_file"`
		AdminTokenFile string            `json:"admin_token_file"`
		Repositories   []json.RawMessage `json:"repositories"`
		Packages       []struct {
			Name string `json:"name"`
		} `json:"packages"`
		Users []json.RawMessage `json:"users"`
	}
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(got.URL, "https://127.0.0.1:") || got.CAFile != filepath.Join(dir, "ca.pem") ||
		len(got.Repositories) == 0 || len(got.Packages) == 0 || got.Packages[0].Name == "" || len(got.Users) == 0 {
		t.Errorf("ready line: %s", line)
	}
	token, err := os.ReadFile(got.AdminTokenFile)
	if err != nil || bytes.Contains(line, token) {
		t.Errorf("the administrator's token: %v", err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestRunRefusals(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"--dialect", "nexus", "--listen", "127.0.0.1:0"},
		{"extra"},
		{"--no-such-flag"},
		{"--request-log", filepath.Join(t.TempDir(), "missing", "file")},
		{"--listen", "nowhere"},
	} {
		if err := run(t.Context(), append(args, "--state-dir", t.TempDir()), io.Discard, io.Discard); err == nil {
			t.Errorf("%v was accepted", args)
		}
	}
}
