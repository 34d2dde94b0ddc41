package modules

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// clientServer plays a registry for the real package managers: it has one package per ecosystem and remembers who asked
// for what. It lives as long as the tests, because its address is part of every script.
var clientServer = sync.OnceValue(func() *httptest.Server {
	return httptest.NewTLSServer(http.HandlerFunc(serveClients))
})

func clientServerCA() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: clientServer().Certificate().Raw}))
}

var seen struct {
	sync.Mutex
	credentials map[string][]string
}

// credentialsFor lists the Authorization headers that came with requests for a path.
func credentialsFor(path string) []string {
	seen.Lock()
	defer seen.Unlock()
	return seen.credentials[path]
}

func serveClients(w http.ResponseWriter, r *http.Request) {
	header := r.Header.Get("Authorization")
	seen.Lock()
	if seen.credentials == nil {
		seen.credentials = map[string][]string{}
	}
	seen.credentials[r.URL.Path] = append(seen.credentials[r.URL.Path], header)
	seen.Unlock()

	if header == "" {
		w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
		http.Error(w, "authentication required", http.StatusUnauthorized)
		return
	}
	switch {
	case strings.Contains(r.URL.Path, "/npm/"):
		// Any package, so that tests which look at who asked for one need not share it.
		_, key, _ := strings.Cut(r.URL.Path, "/npm/")
		_, name, _ := strings.Cut(key, "/")
		fmt.Fprintf(w, `{"name":%[1]q,"dist-tags":{"latest":"1.2.3"},"versions":{"1.2.3":{"name":%[1]q,"version":"1.2.3","dist":{"tarball":"https://%[2]s/t.tgz"}}}}`, name, r.Host)
	case strings.HasSuffix(r.URL.Path, "/@v/list"):
		fmt.Fprintln(w, "v1.2.3")
	case strings.HasSuffix(r.URL.Path, ".info"):
		fmt.Fprintln(w, `{"Version":"v1.2.3","Time":"2020-01-01T00:00:00Z"}`)
	case strings.HasSuffix(r.URL.Path, ".mod"):
		fmt.Fprintln(w, "module example.com/hello")
	case strings.HasSuffix(r.URL.Path, "/hello/"):
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintln(w, `<!DOCTYPE html><a href="hello-1.2.3-py3-none-any.whl">hello-1.2.3-py3-none-any.whl</a>`)
	default:
		http.NotFound(w, r)
	}
}
