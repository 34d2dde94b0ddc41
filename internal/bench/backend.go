package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// backend keeps the states of all workspaces, as a team's backend does. The tool's local backend encodes and writes the
// whole state after each object, which for thousands of objects takes longer than everything else together.
type backend struct {
	url    string
	server *http.Server

	mu     sync.Mutex
	states map[string][]byte // by path
}

func startBackend() (*backend, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed by the caller
	if err != nil {
		return nil, err
	}
	b := &backend{url: "http://" + listener.Addr().String(), states: map[string][]byte{}}
	b.server = &http.Server{Handler: b, ReadHeaderTimeout: time.Minute}
	go func() { _ = b.server.Serve(listener) }()
	return b, nil
}

// ServeHTTP is the protocol of the tool's backend "http", without locks.
func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch r.Method {
	case http.MethodGet:
		state, ok := b.states[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write(state)
	case http.MethodPost:
		b.states[r.URL.Path] = body
	case http.MethodDelete:
		delete(b.states, r.URL.Path)
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// use makes a workspace keep its state here. The tool has to be told before the workspace has a configuration: it would
// look for the providers elsewhere.
func (b *backend) use(ctx context.Context, w *workspace) error {
	b.mu.Lock()
	delete(b.states, "/"+filepath.Base(w.dir))
	b.mu.Unlock()
	config := fmt.Sprintf("terraform {\n  backend \"http\" {\n    address = %q\n  }\n}\n", b.url+"/"+filepath.Base(w.dir))
	if err := os.WriteFile(filepath.Join(w.dir, "backend.tf"), []byte(config), 0o600); err != nil {
		return err
	}
	command := exec.CommandContext(ctx, w.cli, "init", "-input=false", "-no-color")
	command.Dir, command.Env = w.dir, w.env
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("init: %w\n%s", err, tail(string(out)))
	}
	return nil
}
