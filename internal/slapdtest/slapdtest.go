// Package slapdtest runs a real directory for tests: OpenLDAP's slapd, on loopback, with people, groups and a hierarchy
// (testdata/directory.ldif), over ldap:// with StartTLS and over ldaps:// under an authority of its own.
package slapdtest

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"text/template"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// The directory's names. Everybody's password is their capitalised name and "-Passw0rd": Ada-Passw0rd.
const (
	BaseDN         = "dc=example,dc=com"
	ReaderDN       = "cn=reader," + BaseDN
	ReaderPassword = "Reader-Passw0rd"
	rootDN         = "cn=root," + BaseDN
	rootPassword   = "Root-Passw0rd"
)

// readyTimeout bounds the wait for slapd, which takes well below a second.
const readyTimeout = 30 * time.Second

// attempts is how often slapd is started on other ports, should somebody take the free ones that were found.
const attempts = 5

//go:embed testdata/directory.ldif
var entries []byte

// Directory is a running slapd. Nobody reads it anonymously; ReaderDN reads everything but passwords.
type Directory struct {
	// URL is its ldap:// address, which also takes StartTLS, and TLSURL its ldaps:// address, both without a base DN.
	URL, TLSURL string
	// CAPEM is the certificate of the authority behind both.
	CAPEM []byte
}

// Options are what a directory can be told to do differently.
type Options struct {
	// SizeLimit is how many entries one answer may have; a client that asks for pages gets all. 0 is no limit.
	SizeLimit int
}

// Start runs a directory until the test ends. Without slapd the test is skipped with that reason; in CI it fails.
func Start(t testing.TB, options ...func(*Options)) *Directory {
	t.Helper()
	slapd := need(t, "slapd", "/usr/sbin/slapd")
	ldapadd := need(t, "ldapadd", "/usr/bin/ldapadd")
	var opts Options
	for _, option := range options {
		option(&opts)
	}
	dir := t.TempDir()
	caPEM, err := writeCertificates(dir)
	if err != nil {
		t.Fatalf("making the directory's certificates: %v", err)
	}
	if err := writeConfig(dir, opts); err != nil {
		t.Fatalf("writing the directory's configuration: %v", err)
	}
	var d *Directory
	for attempt := 1; ; attempt++ {
		if d, err = launch(t, slapd, dir); err == nil {
			break
		}
		if attempt == attempts {
			t.Fatalf("starting slapd: %v", err)
		}
	}
	d.CAPEM = caPEM
	// The password goes through a file, since the arguments of a process are for everybody to see.
	add := exec.CommandContext(t.Context(), ldapadd, "-x", "-H", d.URL, "-D", rootDN, "-y", filepath.Join(dir, "root-password"))
	add.Stdin = bytes.NewReader(entries)
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("filling the directory: %v\n%s", err, out)
	}
	return d
}

// need finds a program of the packages slapd and ldap-utils; Debian keeps one of them off an ordinary user's path.
func need(t testing.TB, name, path string) string {
	t.Helper()
	if found, err := exec.LookPath(name); err == nil {
		return found
	}
	if _, err := os.Stat(path); err == nil {
		return path
	}
	reason := "there is no " + name + ": install the packages slapd and ldap-utils"
	if os.Getenv("CI") == "true" {
		t.Fatal(reason)
	}
	t.Skip(reason)
	return ""
}

var config = template.Must(template.New("slapd.conf").Parse(`
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/java.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
TLSCertificateFile {{.Dir}}/server.pem
TLSCertificateKeyFile {{.Dir}}/server-key.pem
{{if .SizeLimit}}sizelimit size={{.SizeLimit}} size.prtotal=unlimited{{end}}
database mdb
suffix "{{.Suffix}}"
rootdn "{{.RootDN}}"
rootpw {{.RootPassword}}
directory {{.Dir}}/data
dbnosync
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
overlay memberof
memberof-refint TRUE
`))

func writeConfig(dir string, opts Options) error {
	var text bytes.Buffer
	err := config.Execute(&text, map[string]any{
		"Dir": dir, "Suffix": BaseDN, "RootDN": rootDN, "RootPassword": rootPassword, "SizeLimit": opts.SizeLimit,
	})
	return errors.Join(
		err,
		os.Mkdir(filepath.Join(dir, "data"), 0o700),
		os.WriteFile(filepath.Join(dir, "slapd.conf"), text.Bytes(), 0o600),
		os.WriteFile(filepath.Join(dir, "root-password"), []byte(rootPassword), 0o600),
	)
}

// launch starts slapd on two free ports and waits until it lets its administrator in.
func launch(t testing.TB, slapd, dir string) (*Directory, error) {
	ports, err := freePorts(t.Context(), 2)
	if err != nil {
		return nil, err
	}
	d := &Directory{URL: "ldap://" + ports[0], TLSURL: "ldaps://" + ports[1]}
	var output bytes.Buffer
	// A test's context ends before its clean-ups, and those may still need the directory.
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), slapd,
		"-f", filepath.Join(dir, "slapd.conf"), "-h", d.URL+" "+d.TLSURL, "-d", "0")
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = cmd.Wait() // output says why it ended early
	}()
	stop := func() {
		_ = cmd.Process.Kill() // what has ended already cannot be killed, and need not be
		<-exited
	}
	if err := ready(t.Context(), d.URL, exited); err != nil {
		stop()
		return nil, fmt.Errorf("%w\n%s", err, output.String())
	}
	t.Cleanup(stop)
	return d, nil
}

func ready(ctx context.Context, url string, exited <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := ldap.DialURL(url)
		if err == nil {
			err = conn.Bind(rootDN, rootPassword)
			_ = conn.Close()
		}
		if err == nil {
			return nil
		}
		select {
		case <-exited:
			return fmt.Errorf("slapd ended: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("slapd is not ready after %v: %w", readyTimeout, err)
		case <-tick.C:
		}
	}
}

func freePorts(ctx context.Context, n int) ([]string, error) {
	var addresses []string
	for range n {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = listener.Close() }()
		addresses = append(addresses, listener.Addr().String())
	}
	return addresses, nil
}

// Manage gives a connection that may change everything, for what happens in a directory while a registry is running.
func (d *Directory) Manage(t testing.TB) *ldap.Conn {
	t.Helper()
	conn, err := ldap.DialURL(d.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.Bind(rootDN, rootPassword); err != nil {
		t.Fatal(err)
	}
	return conn
}

// Join puts a person into a group of ou=groups, Leave takes them out. A group of names always has a member, so whoever is
// the only one must be replaced: Join somebody else first.
func (d *Directory) Join(t testing.TB, group, person string) {
	t.Helper()
	change := ldap.NewModifyRequest(groupDN(group), nil)
	change.Add("member", []string{PersonDN(person)})
	if err := d.Manage(t).Modify(change); err != nil {
		t.Fatal(err)
	}
}

// Leave is the opposite of Join.
func (d *Directory) Leave(t testing.TB, group, person string) {
	t.Helper()
	change := ldap.NewModifyRequest(groupDN(group), nil)
	change.Delete("member", []string{PersonDN(person)})
	if err := d.Manage(t).Modify(change); err != nil {
		t.Fatal(err)
	}
}

// Remove deletes an entry.
func (d *Directory) Remove(t testing.TB, dn string) {
	t.Helper()
	if err := d.Manage(t).Del(ldap.NewDelRequest(dn, nil)); err != nil {
		t.Fatal(err)
	}
}

// PersonDN is the name of somebody in ou=people.
func PersonDN(uid string) string { return "uid=" + uid + ",ou=people," + BaseDN }

func groupDN(name string) string { return "cn=" + name + ",ou=groups," + BaseDN }
