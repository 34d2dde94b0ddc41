// Command docschema prints the provider's schema as JSON, in the form of `terraform providers schema -json`. The reference
// in docs/ is made of it, so that its pages depend on no command line tool: OpenTofu tells nothing of list resources, and
// Terraform only from 1.14 on.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/registry-identity/terraform-provider-registry/internal/provider"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "docschema:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	server := provider.NewServer("docs")
	schemas, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err == nil {
		err = failure(schemas.Diagnostics)
	}
	if err != nil {
		return err
	}
	identities, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err == nil {
		err = failure(identities.Diagnostics)
	}
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", " ")
	return out.Encode(document(schemas, identities))
}

func failure(diags []*tfprotov6.Diagnostic) error {
	var all []error
	for _, d := range diags {
		all = append(all, errors.New(d.Summary+": "+d.Detail))
	}
	return errors.Join(all...)
}
