package modules

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// otherAuthority is a second certificate authority, for a registry whose certificate is renewed by somebody else.
var otherAuthority = sync.OnceValue(func() string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Another Authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
})

// names lists a folder of the module's data.
func (w *workspace) names(folder string) []string {
	w.t.Helper()
	entries, err := os.ReadDir(w.data(folder))
	if err != nil && !os.IsNotExist(err) {
		w.t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	module, renewed, without := render(t, "all"), render(t, "other_ca"), render(t, "without_ca")
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		needClient(t, "openssl")
		w := newWorkspace(t, shell)
		// The system's own bundle, wherever the image says it is; its last line has no end.
		w.write("system.pem", "# the system's authorities", 0o644)
		w.env["SSL_CERT_FILE"] = w.path("system.pem")
		w.signIn(module, "jane", "jane", janesToken, inAYear)
		w.run(module.Texts["start"])

		if want := "# the system's authorities\n" + clientServerCA(); w.read(w.data("ca-bundle.pem")) != want {
			t.Errorf("the bundle is\n%s\nwant\n%s", w.read(w.data("ca-bundle.pem")), want)
		}
		contains(t, ".npmrc", w.read(w.path(".npmrc")), "\ncafile="+w.data("ca-bundle.pem")+"\n")
		if got, want := w.env["PIP_CERT"], w.data("ca-bundle.pem"); got != want {
			t.Errorf("PIP_CERT is %s, want %s", got, want)
		}
		if got, want := w.env["SSL_CERT_DIR"], "/etc/ssl/certs:/etc/pki/tls/certs:"+w.data("ca"); got != want {
			t.Errorf("SSL_CERT_DIR is %s, want %s", got, want)
		}
		w.call("openssl", "verify", "-no-CAfile", "-CApath", w.data("ca"), w.data("ca/registry-1.pem"))

		w.run(renewed.Texts["start"])
		w.call("openssl", "verify", "-no-CAfile", "-CApath", w.data("ca"), w.data("ca/registry-1.pem"))
		if names := w.names("ca"); len(names) != 2 {
			t.Errorf("after a change of authority the folder has %v", names)
		}
		lacks(t, "bundle", w.read(w.data("ca-bundle.pem")), clientServerCA())

		w.signIn(without, "jane", "jane", janesToken, inAYear)
		w.run(without.Texts["start"])
		lacks(t, ".npmrc", w.read(w.path(".npmrc")), "cafile")
		if names := w.names("ca"); len(names) != 0 {
			t.Errorf("without an authority the folder has %v", names)
		}
		if _, err := os.Stat(w.data("ca-bundle.pem")); err == nil {
			t.Error("without an authority there is a bundle")
		}
	})
}

// Without openssl there are no hash links, and Go needs none.
func TestCertificatesWithoutOpenSSL(t *testing.T) {
	t.Parallel()
	module := render(t, "all")
	needClient(t, "dash")
	needClient(t, "go")
	w := newWorkspace(t, shells["dash"])
	path := w.env["PATH"]
	log := w.recordCalls("openssl")
	w.signIn(module, "jane", "jane", janesToken, inAYear)
	w.env["PATH"] = filepath.Dir(log)
	w.run(module.Texts["start"])
	if names := w.names("ca"); !slices.Equal(names, []string{"registry-1.pem"}) {
		t.Errorf("the folder has %v", names)
	}
	w.env["PATH"] = path
	w.env["GOFLAGS"] = "-modcacherw"
	contains(t, "go", w.call("go", "list", "-m", "-versions", "example.com/unlinked"), "v1.2.3")
}
