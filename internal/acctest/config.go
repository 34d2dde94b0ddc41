package acctest

import (
	"fmt"
	"os"
	"strings"
)

// Config is a whole configuration: the provider, with more arguments if wanted, and the body, in which <base> stands for
// Name(base).
func (e *Env) Config(body string, arguments ...string) string {
	return Header() + e.Provider(arguments...) + e.Expand(body)
}

// Header names the provider's source, which OpenTofu insists on.
func Header() string {
	host := os.Getenv("TF_ACC_PROVIDER_HOST")
	if host == "" {
		host = "registry.terraform.io"
	}
	return fmt.Sprintf(`
terraform {
  required_providers {
    registry = { source = "%s/%s/registry" }
    echo     = { source = "%s/%s/echo" }
  }
}
`, host, namespace, host, namespace)
}

// Provider is the provider block for this registry. An argument replaces the default one of its name. For a live server the
// rest comes from the environment, which keeps its credential out of every file.
func (e *Env) Provider(arguments ...string) string {
	var defaults []string
	if e.Server != nil {
		defaults = []string{
			fmt.Sprintf("url = %q", e.Server.URL),
			fmt.Sprintf("access_token = %q", e.Server.AdminToken),
			fmt.Sprintf("ca_certificate = %q", string(e.Server.CAPEM)),
			fmt.Sprintf("type = %q", string(e.Dialect)),
		}
	}
	var b strings.Builder
	b.WriteString("provider \"registry\" {\n")
	for _, line := range defaults {
		if name, _, _ := strings.Cut(line, " "); !argued(arguments, name) {
			b.WriteString("  " + line + "\n")
		}
	}
	for _, line := range arguments {
		b.WriteString("  " + line + "\n")
	}
	b.WriteString("}\n")
	return b.String()
}

func argued(arguments []string, name string) bool {
	for _, argument := range arguments {
		if got, _, _ := strings.Cut(argument, " "); got == name {
			return true
		}
	}
	return false
}
