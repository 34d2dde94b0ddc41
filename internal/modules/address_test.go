package modules

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// question is what a client asks the credential program: the name that it calls, arguments, standard input, and the address that
// cargo gives by a variable.
type question struct {
	name, input, cargo string
	arguments          []string
}

// askers make the question of each kind of client for an address. %s is the instance.
var askers = map[string]func(address string) question{
	"keyring": func(address string) question {
		return question{name: "keyring", arguments: []string{"get", address, "jane"}}
	},
	"keyring for the name, too": func(address string) question {
		return question{name: "keyring", arguments: []string{"--mode", "creds", "get", address}}
	},
	"docker": func(address string) question {
		return question{name: "docker-credential-%s", input: address, arguments: []string{"get"}}
	},
	"docker with a line feed": func(address string) question {
		return question{name: "docker-credential-%s", input: address + "\n", arguments: []string{"get"}}
	},
	"cargo":  func(address string) question { return question{name: "%s-cargo", cargo: "sparse+" + address} },
	"bearer": func(address string) question { return question{name: "%s-bearer", cargo: address} },
	"go": func(address string) question {
		return question{name: "%s-goauth", input: "HTTP/1.1 401 Unauthorized\n\n", arguments: []string{address}}
	},
	"git": func(address string) question {
		scheme, rest, _ := strings.Cut(address, "://")
		host, path, _ := strings.Cut(rest, "/")
		return question{name: "%s-git", input: fmt.Sprintf("protocol=%s\nhost=%s\npath=%s\n\n", scheme, host, path), arguments: []string{"get"}}
	},
}

// program is the credential program of a started workspace, with every front there is, under one shell.
type program struct {
	w        *workspace
	instance string
	token    string
}

func startProgram(t *testing.T, shell []string, fixture, instance string) *program {
	t.Helper()
	w, module := oauthWorkspace(t, shell, fixture, "jane", "")
	p := &program{w: w, instance: instance, token: tokenOf(t, "jane")}
	w.withCoder(p.token, time.Now().Add(time.Hour))
	w.run(module.Texts["start"])
	p.addFronts()
	return p
}

// addFronts adds the fronts that the fixture's package managers do not need.
func (p *program) addFronts() {
	p.w.t.Helper()
	file := p.w.data("instances/" + p.instance)
	text := p.w.read(file)
	for front, protocol := range map[string]string{
		"keyring": "keyring", "docker-credential-" + p.instance: "docker", p.instance + "-bearer": "bearer", p.instance + "-cargo": "cargo",
		p.instance + "-git": "git", p.instance + "-goauth": "go",
	} {
		if !strings.Contains(text, "front "+front+" ") {
			text += "front " + front + " " + protocol + "\n"
		}
	}
	p.w.write(strings.TrimPrefix(file, p.w.home), text, 0o600)
}

// ask has the program itself, under its name, answer a question. It gives standard output.
func (p *program) ask(q question) string {
	p.w.t.Helper()
	// Whichever shell /bin/sh is, the program has to run under this one.
	link := p.w.data("bin/" + strings.ReplaceAll(q.name, "%s", p.instance))
	command := append(slices.Clone(p.w.shell), p.w.read(p.w.data("bin/registry-credential")), link)
	return p.output(q.input, q.cargo, append(command, q.arguments...)...)
}

func (p *program) output(input, cargo string, command ...string) string {
	p.w.t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = p.w.home
	cmd.Stdin = strings.NewReader(input)
	// A locale of many bytes, as terminals have it.
	cmd.Env = []string{"HOME=" + p.w.home, "PATH=" + p.w.env["PATH"], "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "CARGO_REGISTRY_INDEX_URL=" + cargo}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run() // a refusal is an exit status, and what counts is what is handed out
	return stdout.String()
}

const mark = "\x1d"

// askAll asks many questions in one process, which is a hundred times as fast: the program's own text without its last lines,
// which read its name. It gives an answer each.
func (p *program) askAll(questions []question) []string {
	p.w.t.Helper()
	text, _, found := strings.Cut(p.w.read(p.w.data("bin/registry-credential")), "\ncase ${0##*/} in\n")
	if !found {
		p.w.t.Fatal("the program no longer ends with what it was called for")
	}
	var script strings.Builder
	script.WriteString(text + "\n")
	quote := func(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
	for i, q := range questions {
		input := filepath.Join(p.w.home, "inputs", fmt.Sprint(i))
		p.w.write(filepath.Join("inputs", fmt.Sprint(i)), q.input, 0o600)
		fmt.Fprintf(&script, "(CARGO_REGISTRY_INDEX_URL=%s; front %s", quote(q.cargo), strings.ReplaceAll(q.name, "%s", p.instance))
		for _, argument := range q.arguments {
			script.WriteString(" " + quote(argument))
		}
		fmt.Fprintf(&script, " <%s 2>/dev/null)\nprintf '%s'\n", quote(input), strings.ReplaceAll(mark, "\x1d", `\035`))
	}
	p.w.write("questions", script.String(), 0o600)
	shell := append(slices.Clone(p.w.shell[:len(p.w.shell)-1]), filepath.Join(p.w.home, "questions"))
	answers := strings.Split(p.output("", "", shell...), mark)
	if len(answers) != len(questions)+1 {
		p.w.t.Fatalf("%d answers to %d questions", len(answers)-1, len(questions))
	}
	return answers[:len(questions)]
}

// registriesOfAddresses are a registry at the root of its host, one below a path, and one by plain http.
var registriesOfAddresses = map[string]struct{ instance, host, path string }{
	"address_root": {"registry", "registry.example.com", "artifactory/api/pypi/pypi-virtual/simple"},
	"address_path": {"below", "tools.example.com:8443", "tools/artifactory/api/pypi/pypi-virtual/simple"},
}

// meant is a row of the table that is nobody else's address: Docker's input may end with a line feed.
func meant(front, address string) bool {
	return front == "docker" && strings.HasSuffix(address, "simple\n")
}

// No front hands the token out for an address that any client could read as another's. Each shell and front has all of the odd
// texts and all of the positions, and a third of the pairs.
func TestHostileAddressesGetNoCredential(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		part := len(shell[0])
		for fixture, registry := range registriesOfAddresses {
			p := startProgram(t, shell, fixture, registry.instance)
			for _, front := range []string{"cargo", "docker", "git", "go", "keyring"} {
				part++
				addresses := hostileAddresses(registry.host, registry.path, part, 3)
				questions := make([]question, len(addresses))
				for i, address := range addresses {
					questions[i] = askers[front](address)
				}
				leaks := 0
				for i, answer := range p.askAll(questions) {
					if strings.Contains(answer, p.token) && !meant(front, addresses[i]) {
						leaks++
						t.Errorf("%s hands the token out for %q", front, addresses[i])
					}
				}
				t.Logf("%s, %s: %d of %d hostile addresses get the token", fixture, front, leaks, len(addresses))
			}
		}
	})
}

// goodAddresses still answer: the registry's own, and what its clients make of them.
var goodAddresses = map[string][]string{
	"address_root": {
		"https://registry.example.com", "https://registry.example.com/", "https://registry.example.com:443", "https://registry.example.com:443/a",
		"HTTPS://Registry.Example.COM/artifactory", "https://registry.example.com/artifactory/api/go/go-virtual/github.com/!acme/x/@v/v1.0.0+incompatible.info",
		"https://registry.example.com/artifactory/api/cargo/crates/index/", "https://registry.example.com/a/.../b..c/~x_y",
	},
	"address_path": {
		"https://tools.example.com:8443/tools", "https://tools.example.com:8443/tools/", "https://TOOLS.example.com:8443/tools/artifactory/api/pypi/pypi-virtual/simple/",
	},
	"address_plain": {"http://plain.example.com", "http://plain.example.com:80/artifactory", "HTTP://plain.example.com/"},
}

// neighbours are good addresses of somebody else.
var neighbours = map[string][]string{
	"address_root": {"http://registry.example.com", "https://registry.example.com:8443", "https://tools.example.com:8443/tools"},
	"address_path": {
		"https://tools.example.com:8443", "https://tools.example.com:8443/", "https://tools.example.com:8443/tool", "https://tools.example.com:8443/tools-evil/artifactory",
		"https://tools.example.com:8443/toolsartifactory", "https://tools.example.com:8443/TOOLS", "https://tools.example.com:8443/other/tools",
		"https://tools.example.com/tools", "https://tools.example.com:443/tools", "http://tools.example.com:8443/tools",
	},
	"address_plain": {"https://plain.example.com", "http://plain.example.com:443", "https://plain.example.com:80", "http://plain.example.com:8080"},
}

// The program itself, called as clients call it.
func TestGoodAddressesGetTheirCredential(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		for fixture, instance := range map[string]string{"address_root": "registry", "address_path": "below", "address_plain": "plain"} {
			p := startProgram(t, shell, fixture, instance)
			for front, ask := range askers {
				if front == "go" {
					continue // it answers for what it names itself
				}
				for _, address := range goodAddresses[fixture] {
					if answer := p.ask(ask(address)); !strings.Contains(answer, p.token) {
						t.Errorf("%s gets no token for %s: %q", front, address, answer)
					}
				}
				for _, address := range neighbours[fixture] {
					if answer := p.ask(ask(address)); strings.Contains(answer, p.token) {
						t.Errorf("%s gets the token for %s", front, address)
					}
				}
			}
		}
	})
}

// What only one of the clients asks.
func TestOddQuestionsGetNoCredential(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		p := startProgram(t, shell, "address_root", "registry")
		docker := func(input string) question {
			return question{name: "docker-credential-%s", input: input, arguments: []string{"get"}}
		}
		git := func(input string) question {
			return question{name: "%s-git", input: input, arguments: []string{"get"}}
		}
		keyring := func(arguments ...string) question { return question{name: "keyring", arguments: arguments} }
		const url = "https://registry.example.com"
		good := []question{
			docker("registry.example.com"), docker("registry.example.com\n"), docker("registry.example.com:443"), docker("REGISTRY.example.com"),
			git("protocol=https\nhost=registry.example.com"), git("capability[]=authtype\nhost=registry.example.com\nprotocol=https\nwwwauth[]=Basic realm=\"ä\"\n\n"),
			git("protocol=https\nhost=registry.example.com\nusername=jane\n"),
			keyring("get", url, "jane"), keyring("get", "https://jane@registry.example.com/x", "jane"), keyring("get", "https://JANE@registry.example.com", "Jane"),
			{name: "%s-goauth"},
			{name: "%s-bearer"},
			{name: "%s-cargo", cargo: url + "/x"},
		}
		hostile := []question{
			docker("registry.example.com\nevil.example"), docker("evil.example\nregistry.example.com"), docker("regi\x00stry.example.com"),
			docker("registry.example.com\x00.evil.example"), docker("registry.example.com\r\n"), docker(" registry.example.com"), docker("registry.example.com "),
			docker("registry.example.com\n\n"), docker("registry.example.com:80"), docker("registry.example.com:"), docker("registry.example.com:/"), docker("registry.example.com:0443"), docker("jane@registry.example.com"), docker("https://jane@registry.example.com"),
			docker("registry.example.com."), docker("//registry.example.com"), docker(`{"ServerURL":"registry.example.com"}`), docker(`"registry.example.com"`),
			docker("registry.example.com?"), docker("evil.example/@registry.example.com"), docker("evil.example?@registry.example.com"), docker("registry\u3002example.com"),
			git("protocol=https\nhost=evil.example\nhost=registry.example.com\n"), git("protocol=https\nhost=registry.example.com\nhost=evil.example\n"),
			git("protocol=http\nprotocol=https\nhost=registry.example.com\n"), git("protocol=https\nhost=registry.example.com\npath=a\npath=b\n"),
			git("protocol=https\nhost=registry.example.com\nurl=https://evil.example\n"), git("host=registry.example.com\n"), git("protocol=https\n"),
			git("protocol=\nhost=registry.example.com\n"), git("protocol=https\nhost=registry.example.com\r\n"), git("protocol=https\r\nhost=registry.example.com\n"),
			git("protocol=https\nhost=regi\x00stry.example.com\n"), git("protocol=https\nho\x00st=registry.example.com\n"), git("protocol=https\n\nhost=registry.example.com\n"),
			git("protocol=https\nhost=registry.example.com\n\nhost=evil.example\n"), git("protocol=https\nhost=registry.example.com\n.evil.example\n"),
			git("protocol=https\nhost=jane@registry.example.com\n"), git("protocol=https://registry.example.com/\nhost=evil.example\n"),
			git("protocol=https\nhost=evil.example/@registry.example.com\n"), git("protocol=https\nhost=registry.example.com\npath=../x\n"),
			git("protocol=https\nhost=registry.example.com\nusername=bob\n"), git(" protocol=https\n host=registry.example.com\n"),
			keyring("get", "registry.example.com", "jane"), keyring("get", "registry.example.com:443", "jane"), keyring("get", "jane@registry.example.com", "jane"),
			keyring("get", url, "jane", "more"), keyring("get", url, "bob"), keyring("get", "https://bob@registry.example.com", "jane"),
			keyring("get", "https://jane@registry.example.com", "bob"), keyring("get", "https://j%61ne@registry.example.com", "jane"), keyring("set", url, "jane"),
			keyring("get", "sparse+"+url, "jane"), keyring("get"), keyring("get", "", "jane"), keyring("--mode", "creds", "get", "registry.example.com"),
			{name: "%s-cargo"},
			{name: "%s-cargo", cargo: "registry.example.com"},
			{name: "%s-cargo", cargo: "sparse+https://jane@registry.example.com"},
			{name: "%s-goauth", arguments: []string{"https://evil.example"}},
			{name: "%s-goauth", arguments: []string{"registry.example.com"}},
			{name: "%s-goauth", arguments: []string{"https://jane@registry.example.com"}},
		}
		for _, q := range good {
			if answer := p.ask(q); !strings.Contains(answer, p.token) && !strings.Contains(answer, basic("jane", p.token)) {
				t.Errorf("%+v gets %q", q, answer)
			}
		}
		for _, q := range hostile {
			if answer := p.ask(q); strings.Contains(answer, p.token) || strings.Contains(answer, basic("jane", p.token)) {
				t.Errorf("%+v gets the token", q)
			}
		}
	})
}
