package tfkit_test

import (
	"context"
	"errors"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

func TestAdoptCreated(t *testing.T) {
	t.Parallel()
	lost := &registry.Error{Kind: registry.KindUncertain}
	refused := &registry.Error{Kind: registry.KindInvalid}
	find := func(answer string, err error) func(context.Context) (string, error) {
		return func(context.Context) (string, error) { return answer, err }
	}
	for _, c := range []struct {
		name  string
		err   error
		find  func(context.Context) (string, error)
		want  string
		fails bool
	}{
		{"no error", nil, nil, "created", false},
		{"refused", refused, nil, "created", true},
		{"lost and there", lost, find("wanted", nil), "wanted", false},
		{"lost and somebody else's", lost, find("other", nil), "created", true},
		{"lost and not there", lost, find("", &registry.Error{Kind: registry.KindNotFound}), "created", true},
		{"cancelled and there", context.Canceled, find("wanted", nil), "wanted", false},
	} {
		got, err := tfkit.AdoptCreated(t.Context(), "created", c.err, c.find, func(s string) bool { return s == "wanted" })
		if got != c.want || (err != nil) != c.fails {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
		if c.fails && !errors.Is(err, c.err) {
			t.Errorf("%s: the error became %v", c.name, err)
		}
	}
}

func TestCleanupContext(t *testing.T) {
	t.Parallel()
	dead, cancel := context.WithCancel(t.Context())
	cancel()
	ctx, done := tfkit.CleanupContext(dead)
	defer done()
	if ctx.Err() != nil {
		t.Error("a cancelled run has no time to clean up")
	}
	if _, limited := ctx.Deadline(); !limited {
		t.Error("a cancelled run may clean up for ever")
	}
}
