package registry

import "context"

type refreshKey struct{}

// Refreshing marks a context as that of a refresh: a read which only shows what is there and may share its answer with
// the other reads of the same run. Reads that a write follows from, or that judge who may have a credential, are never
// marked: they ask the registry about exactly their object.
func Refreshing(ctx context.Context) context.Context {
	return context.WithValue(ctx, refreshKey{}, true)
}

// IsRefreshing reports whether Refreshing marked the context.
func IsRefreshing(ctx context.Context) bool {
	marked, _ := ctx.Value(refreshKey{}).(bool)
	return marked
}

// Whole is implemented by those Users, Permissions and Tokens whose registry lists them with every field, so that few
// requests read them all. Where a list is thin, nothing implements it.
type Whole[T any] interface {
	// All reads the whole list, unless that takes more than most requests: items is nil then. pages is how many requests
	// the whole list takes.
	All(ctx context.Context, most int) (items []T, pages int, err error)
}
