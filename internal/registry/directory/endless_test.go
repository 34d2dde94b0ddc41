package directory_test

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/directory"
)

// speaking accepts connections and has them answered until the test ends.
func speaking(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // the test is over
			}
			go func() {
				defer func() { _ = conn.Close() }()
				answer(conn)
			}()
		}
	}()
	return listener.Addr().String()
}

// hear waits for something and reports whether there was anything.
func hear(conn net.Conn) bool {
	n, err := conn.Read(make([]byte, 4096))
	return n > 0 && err == nil
}

// message is an LDAP message (RFC 4511) with the id of a request; all lengths are below 128.
func message(id byte, operation ...byte) []byte {
	return append([]byte{0x30, byte(3 + len(operation)), 0x02, 0x01, id}, operation...)
}

var (
	// entry is a SearchResultEntry for cn=x without attributes, searched is success, and encrypt is the answer to StartTLS.
	entry    = []byte{0x64, 8, 0x04, 4, 'c', 'n', '=', 'x', 0x30, 0}
	searched = []byte{0x65, 7, 0x0a, 1, 0, 0x04, 0, 0x04, 0}
	encrypt  = []byte{0x78, 7, 0x0a, 1, 0, 0x04, 0, 0x04, 0}
)

func somebody(address string) directory.Query {
	return directory.Query{URL: "ldap://" + address, BaseDN: "dc=example", SearchFilter: "(uid={0})", Username: "ada", GroupsAttribute: "memberOf", EmailAttribute: "mail"}
}

// TestADirectoryThatNeverEnds: a person's groups are read up to a bound, and it is told.
func TestADirectoryThatNeverEnds(t *testing.T) {
	t.Parallel()
	q := somebody(speaking(t, func(conn net.Conn) {
		if !hear(conn) {
			return
		}
		if _, err := conn.Write(append(message(1, entry...), message(1, searched...)...)); err != nil || !hear(conn) {
			return
		}
		for {
			if _, err := conn.Write(message(2, entry...)); err != nil {
				return
			}
		}
	}))
	q.GroupBaseDN, q.GroupFilter = "dc=example", "(member={0})"
	_, err := directory.Look(t.Context(), q)
	if registry.KindOf(err) != registry.KindUnavailable || !strings.Contains(err.Error(), "search groups below dc=example") || !strings.Contains(err.Error(), "it sent more than 10000 entries") {
		t.Error(err)
	}
}

// TestAnInterruptEndsALook: whatever is waited for.
func TestAnInterruptEndsALook(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*directory.Query)
		before [][]byte // what is answered before the directory falls silent
		last   bool     // nothing more is asked then
	}{
		"the answer to a search": {func(*directory.Query) {}, nil, false},
		"the end of a search":    {func(*directory.Query) {}, [][]byte{message(1, entry...)}, true},
		"the answer to a bind": {func(q *directory.Query) {
			q.ManagerDN, q.ManagerPassword = "cn=reader", registry.NewSecret("secret")
		}, nil, false},
		"ldaps": {func(q *directory.Query) {
			q.URL = strings.Replace(q.URL, "ldap:", "ldaps:", 1)
		}, nil, false},
		"the answer to StartTLS":       {func(q *directory.Query) { q.StartTLS = true }, nil, false},
		"the handshake after StartTLS": {func(q *directory.Query) { q.StartTLS = true }, [][]byte{message(1, encrypt...)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			q := somebody(speaking(t, func(conn net.Conn) {
				for _, answer := range c.before {
					if !hear(conn) {
						return
					}
					if _, err := conn.Write(answer); err != nil {
						return
					}
				}
				if c.last {
					interrupt()
				}
				for hear(conn) {
					interrupt() // whoever is asked now says nothing
				}
			}))
			c.change(&q)
			_, err := directory.Look(ctx, q)
			if registry.KindOf(err) != registry.KindUnavailable || !strings.Contains(err.Error(), "cancelled before the directory answered") {
				t.Error(err)
			}
		})
	}
}
