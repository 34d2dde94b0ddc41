package transport

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// What people are shown of a registry's words and of its name for a request, in characters.
const (
	maxMessage = 600
	maxID      = 128
)

// mask makes what a server says fit to be shown. It knows the secrets of one request besides those that the process knows.
type mask struct{ secrets *registry.Mask }

func newMask(groups ...[]registry.Secret) *mask {
	var own []registry.Secret
	for _, group := range groups {
		own = append(own, group...)
	}
	return &mask{registry.NewMask(own...)}
}

// text scrubs and bounds words of a server for showing them to people: secrets masked, then control and format characters
// (line breaks included) turned into blanks or left out, then cut at maxMessage. The order matters: a secret that was cut, or
// whose parts were moved, is harder to recognise.
func (m *mask) text(s string) string { return m.upTo(maxMessage, s) }

// id does the same to what a registry's log knows a request by.
func (m *mask) id(s string) string { return m.upTo(maxID, s) }

func (m *mask) upTo(most int, s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r):
			return -1
		case unicode.IsControl(r), r == utf8.RuneError:
			return ' '
		default:
			return r
		}
	}, m.secrets.Text(s))
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return s
}
