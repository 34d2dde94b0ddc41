// Command terraform-provider-registry serves the registry provider to Terraform and OpenTofu.
package main

import (
	"flag"
	"log"

	"github.com/registry-identity/terraform-provider-registry/internal/provider"
)

// version is set by the linker when a release is built.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "wait for a debugger and print how to attach the command line tool")
	flag.Parse()
	if err := provider.Serve(version, *debug); err != nil {
		log.Fatal(err)
	}
}
