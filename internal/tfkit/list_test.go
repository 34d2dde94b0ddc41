package tfkit_test

import (
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// objects yields names, then an error if there is one, and counts what was asked for.
func objects(asked *int, err error, names ...string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, name := range names {
			*asked++
			if !yield(name, nil) {
				return
			}
		}
		if err != nil {
			yield("", err)
		}
	}
}

func TestListResults(t *testing.T) {
	t.Parallel()
	gone := &registry.Error{Kind: registry.KindNotFound}
	broken := errors.New("the line is cut")
	tests := map[string]struct {
		names   []string
		fails   error
		limit   int64
		stopAt  int
		want    string
		asked   int
		problem bool
	}{
		"all":                       {names: []string{"a", "b", "c"}, want: "a b c", asked: 3},
		"none":                      {},
		"limit":                     {names: []string{"a", "b", "c"}, limit: 2, want: "a b", asked: 2},
		"limit counts results only": {names: []string{"gone", "a", "gone", "b", "c"}, limit: 2, want: "a b", asked: 4},
		"limit above":               {names: []string{"a"}, limit: 5, want: "a", asked: 1},
		"gone meanwhile":            {names: []string{"a", "gone", "b"}, want: "a b", asked: 3},
		"error of the list":         {names: []string{"a"}, fails: broken, want: "a", asked: 1, problem: true},
		"error of the list at once": {fails: broken, problem: true},
		"error of one":              {names: []string{"a", "broken", "b"}, want: "a", asked: 2, problem: true},
		"receiver stops":            {names: []string{"a", "b", "c"}, stopAt: 2, want: "a b", asked: 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := 0
			request := list.ListRequest{Limit: test.limit, ResourceSchema: schema.Schema{}, ResourceIdentitySchema: identityschema.Schema{}}
			stream := tfkit.ListResults(t.Context(), request, "Cannot list letters", objects(&asked, test.fails, test.names...),
				func(name string, result *list.ListResult) error {
					result.DisplayName = name
					return map[string]error{"gone": gone, "broken": broken}[name]
				})
			var got []string
			problem := false
			for result := range stream {
				if result.Diagnostics.HasError() {
					if problem {
						t.Error("more than one error")
					}
					problem = true
					d := result.Diagnostics.Errors()[0]
					if d.Summary() != "Cannot list letters" || !strings.Contains(d.Detail(), "line is cut") {
						t.Errorf("the error says %q: %q", d.Summary(), d.Detail())
					}
					continue
				}
				if problem {
					t.Error("a result after an error")
				}
				if got = append(got, result.DisplayName); len(got) == test.stopAt {
					break
				}
			}
			if strings.Join(got, " ") != test.want || asked != test.asked || problem != test.problem {
				t.Errorf("got %q after asking for %d, problem %t; want %q, %d, %t", got, asked, problem, test.want, test.asked, test.problem)
			}
		})
	}
}

func TestKeep(t *testing.T) {
	t.Parallel()
	asked := 0
	var got []string
	var failed error
	for name, err := range tfkit.Filter(objects(&asked, errors.ErrUnsupported, "ab", "b", "abc"), func(s string) bool { return strings.HasPrefix(s, "a") }) {
		if err != nil {
			failed = err
			continue
		}
		got = append(got, name)
	}
	if strings.Join(got, " ") != "ab abc" || !errors.Is(failed, errors.ErrUnsupported) {
		t.Errorf("kept %q, error %v", got, failed)
	}
	for _, err := range tfkit.Filter(objects(&asked, nil, "a", "a"), func(string) bool { return true }) {
		if err != nil {
			t.Error(err)
		}
		break
	}
}
