package tfkit

import (
	"context"
	"iter"

	"github.com/hashicorp/terraform-plugin-framework/list"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// ListResults turns the objects of a registry into the results of a query. It stops at the limit, so that no page is asked
// for that nobody will see, and at the first failure, which becomes a result of its own: an error told in any other way is
// lost, and the query looks as if it had found nothing. fill makes a result of an object; one that is gone by the time it is
// looked at is passed over.
func ListResults[T any](ctx context.Context, req list.ListRequest, summary string, objects iter.Seq2[T, error], fill func(T, *list.ListResult) error) iter.Seq[list.ListResult] {
	return func(push func(list.ListResult) bool) {
		sent := int64(0)
		for object, err := range objects {
			result := req.NewListResult(ctx)
			if err == nil {
				err = fill(object, &result)
				if registry.IsNotFound(err) {
					continue
				}
			}
			if err != nil {
				failed := list.ListResult{}
				AddError(&failed.Diagnostics, summary, err)
				push(failed)
				return
			}
			if !push(result) {
				return
			}
			if sent++; sent == req.Limit {
				return
			}
		}
	}
}

// Filter yields the objects that pass, and errors.
func Filter[T any](objects iter.Seq2[T, error], passes func(T) bool) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for object, err := range objects {
			if (err != nil || passes(object)) && !yield(object, err) {
				return
			}
		}
	}
}
