package token

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// Whatever somebody imports by is an error, or a token's id with or without a name before it, of which nothing is lost.
func FuzzImportID(f *testing.F) {
	for _, seed := range []string{"alice/1", "1", "/1", "a/b/1", "alice/", "/", "//", " ", "alice/1\n", "\x00", "\xff/1", "a@b.example/2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if text == "" {
			return // then the identity says it
		}
		var diags diag.Diagnostics
		username, id := (&tokenResource{}).importKey(t.Context(), resource.ImportStateRequest{ID: text}, &diags)
		switch {
		case diags.HasError() != (id == ""):
			t.Errorf("%q is the token %q: %v", text, id, diags)
		case strings.Contains(id, "/"):
			t.Errorf("%q is the token %q, and no id has a slash", text, id)
		case username+"/"+id != text && (username != "" || id != text):
			t.Errorf("%q is the token %q of %q", text, id, username)
		}
	})
}
