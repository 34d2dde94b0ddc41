package token

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestLabel(t *testing.T) {
	t.Parallel()
	l := newLabel("Workspace alice/dev", "workspace-1")
	text := l.text(0)
	if !strings.HasPrefix(text, "Workspace alice/dev [") || !strings.Contains(text, l.nonceTag()) || !strings.HasSuffix(text, keyTag("workspace-1")) {
		t.Errorf("label %q lacks its parts", text)
	}
	if strings.Contains(text, "workspace-1") {
		t.Errorf("label %q shows the key itself", text)
	}
	if describe(text) != "Workspace alice/dev" || !isOurs(text) {
		t.Errorf("label %q cannot be read back", text)
	}
	if other := newLabel("Workspace alice/dev", "workspace-1"); other.nonce == l.nonce {
		t.Error("two creates have one nonce")
	}
	if keyTag("workspace-1") == keyTag("workspace-11") || strings.Contains(text, keyTag("workspace-11")) {
		t.Error("two keys have one digest")
	}
	if foreign := "made by hand [x]"; describe(foreign) != foreign || isOurs(foreign) {
		t.Error("a foreign label is taken for ours")
	}
	if bare := newLabel("", "").text(0); !strings.HasPrefix(bare, defaultLabel+" [") || strings.Contains(bare, "tf-key") {
		t.Errorf("a label of nothing is %q", bare)
	}
}

// Whatever the description, the registry keeps the tags whole, so that the token can be found.
func TestLabelKeepsItsTags(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		l := newLabel(rapid.String().Draw(r, "description"), rapid.String().Draw(r, "key"))
		text := l.text(255)
		if utf8.RuneCountInString(text) > 255 {
			r.Errorf("the label is %d characters long", utf8.RuneCountInString(text))
		}
		if !strings.Contains(text, l.nonceTag()) || !strings.HasSuffix(text, labelClose) {
			r.Errorf("label %q lost its tags", text)
		}
	})
}
