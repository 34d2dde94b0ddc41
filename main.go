// Command terraform-provider-registry serves the registry provider to Terraform and OpenTofu.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/registry-identity/terraform-provider-registry/internal/provider"
)

// version is set by the linker when a release is built.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "wait for a debugger and print how to attach the command line tool")
	flag.Parse()
	if !*debug {
		if err := provider.QuietLogs(); err != nil {
			log.Fatal(err)
		}
	}
	err := providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{
		Address: "registry.terraform.io/registry-identity/registry",
		Debug:   *debug,
	})
	if err != nil {
		log.Fatal(err)
	}
}
