package tfkit

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// The four directions in which a model converts. Each model asserts at compile time which of them it has, and each
// conversion is tested without Terraform.
type (
	// ModelFromAPI fills a model from the domain object that the registry answered.
	ModelFromAPI[API any] interface {
		FromAPI(ctx context.Context, in API) diag.Diagnostics
	}
	// ModelToAPI makes a domain object of a model.
	ModelToAPI[API any] interface {
		ToAPI(ctx context.Context) (API, diag.Diagnostics)
	}
	// ModelFromTerraform fills a model from a framework value, such as a nested object.
	ModelFromTerraform[TF any] interface {
		FromTerraform(ctx context.Context, in TF) diag.Diagnostics
	}
	// ModelToTerraform makes a framework value of a model.
	ModelToTerraform[TF any] interface {
		ToTerraform(ctx context.Context) (TF, diag.Diagnostics)
	}
)
