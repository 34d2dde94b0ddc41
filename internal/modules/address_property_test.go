package modules

import (
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pieces are put into a good address at random.
var pieces = []string{
	"@", "/", "//", ":", "?", "#", `\`, "..", "/../", "/./", ".", "%", "%2e", "%2F", "%40", "%5c", ";", "evil.example", "registry.example.com", ":443", ":80", ":0443",
	"jane", "jane@", "https://", "http://", "HTTPS", "//evil.example", " ", "\t", "\r", "\x01", "\u3002", "\uff0f", "\uff20", "\u212a", "\u00ad", "[", "]", "[::1]", "-", "_",
	"~", "!", "+", "a", "A", "0", "artifactory", "&", "=", "'", "\xff",
}

// randomAddress is a good address with up to four changes.
func randomAddress(random *rand.Rand) string {
	bases := []string{
		"https://registry.example.com", "https://jane@registry.example.com:443/artifactory/api/pypi/pypi-virtual/simple", "https://registry.example.com/a/b",
		"https://evil.example/registry.example.com", "https://jane@evil.example/", "https://REGISTRY.example.com/",
	}
	address := bases[random.IntN(len(bases))]
	for range random.IntN(5) {
		at := random.IntN(len(address) + 1)
		switch random.IntN(4) {
		case 0:
			if at < len(address) {
				address = address[:at] + address[at+1:]
			}
		case 1:
			end := at + random.IntN(len(address)-at+1)
			address = address[:end] + address[at:]
		default:
			address = address[:at] + pieces[random.IntN(len(pieces))] + address[at:]
		}
	}
	return address
}

// reading is how a client understands an address.
type reading struct {
	Scheme, Host, Port, Path string
}

// other parsers: the one of browsers and Node (WHATWG), Python's own, and that of requests and pip.
var otherParsers = map[string][]string{
	"node": {"node", "-e", `const all = JSON.parse(require("fs").readFileSync(0)); console.log(JSON.stringify(all.map(a => { const u = new URL(a);
		return {Scheme: u.protocol.slice(0, -1), Host: u.hostname, Port: u.port, Path: u.pathname} })))`},
	"python3": {"python3", "-c", `import json, sys, urllib.parse
def read(a):
    u = urllib.parse.urlsplit(a)
    return dict(Scheme=u.scheme, Host=u.hostname, Port=str(u.port or ""), Path=u.path)
print(json.dumps([read(a) for a in json.load(sys.stdin)]))`},
	"python3 with urllib3": {"python3", "-c", `import json, sys
from pip._vendor.urllib3.util import parse_url
def read(a):
    u = parse_url(a)
    return dict(Scheme=u.scheme, Host=u.host, Port=str(u.port or ""), Path=u.path or "")
print(json.dumps([read(a) for a in json.load(sys.stdin)]))`},
}

// For whatever address the program answers, every parser reads the registry's scheme, host and port, and a path that stays.
func TestAnswersAreForWhatEveryParserReads(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		needClient(t, "node")
		needClient(t, "python3")
		const seed = 12
		random := rand.New(rand.NewPCG(seed, uint64(len(shell[0]))))
		p := startProgram(t, shell, "address_root", "registry")
		var lines []string
		for range 10000 {
			lines = append(lines, randomAddress(random))
		}
		text, _, _ := strings.Cut(p.w.read(p.w.data("bin/registry-credential")), "\ncase ${0##*/} in\n")
		p.w.write("script", text+"\nwhile IFS= read -r line; do\n\tif find_instance \"$line\" user; then echo yes; else echo no; fi\ndone\n", 0o600)
		command := append(slices.Clone(p.w.shell[:len(p.w.shell)-1]), filepath.Join(p.w.home, "script"))
		verdicts := strings.Fields(p.output(strings.Join(lines, "\n")+"\n", "", command...))
		if len(verdicts) != len(lines) {
			t.Fatalf("%d verdicts on %d addresses", len(verdicts), len(lines))
		}
		var accepted []string
		for i, verdict := range verdicts {
			if verdict == "yes" {
				accepted = append(accepted, lines[i])
			}
		}
		if len(accepted) < 500 || len(lines)-len(accepted) < 5000 {
			t.Errorf("%d of %d addresses have an answer, so that the test shows little", len(accepted), len(lines))
		}
		check := func(parser, address string, got reading) {
			t.Helper()
			if !strings.EqualFold(got.Scheme, "https") || !strings.EqualFold(got.Host, "registry.example.com") || got.Port != "" && got.Port != "443" ||
				slices.Contains(strings.Split(got.Path, "/"), "..") {
				t.Errorf("%s reads %q as %+v", parser, address, got)
			}
		}
		for _, address := range accepted {
			parsed, err := url.Parse(address)
			if err != nil {
				t.Errorf("Go cannot read %q: %v", address, err)
				continue
			}
			check("Go", address, reading{parsed.Scheme, parsed.Hostname(), parsed.Port(), parsed.Path})
		}
		input, err := json.Marshal(accepted)
		if err != nil {
			t.Fatal(err)
		}
		for parser, command := range otherParsers {
			var readings []reading
			if err := json.Unmarshal([]byte(p.output(string(input), "", command...)), &readings); err != nil || len(readings) != len(accepted) {
				t.Fatalf("%s: %v, %d readings", parser, err, len(readings))
			}
			for i, got := range readings {
				check(parser, accepted[i], got)
			}
		}
		t.Logf("%d of %d random addresses have an answer, and four parsers agree", len(accepted), len(lines))
	})
}
