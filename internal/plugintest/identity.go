package plugintest

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Identity gives what an object's identity says; its parts are strings.
func (c *Core) Identity(ctx context.Context, resource string, o *Object) (map[string]string, error) {
	schemas, err := c.Serve().GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return nil, err
	}
	schema := schemas.IdentitySchemas[resource]
	if schema == nil || o == nil || o.Identity == nil || o.Identity.IdentityData == nil {
		return nil, fmt.Errorf("the object of %s has no identity", resource)
	}
	value, err := o.Identity.IdentityData.Unmarshal(schema.ValueType())
	if err != nil {
		return nil, err
	}
	var attributes map[string]tftypes.Value
	if err := value.As(&attributes); err != nil {
		return nil, err
	}
	parts := make(map[string]string, len(attributes))
	for name, attribute := range attributes {
		var text *string
		if err := attribute.As(&text); err != nil {
			return nil, err
		}
		if text != nil {
			parts[name] = *text
		}
	}
	return parts, nil
}
