package registry

import (
	"fmt"
	"log/slog"
	"net/url"
)

// Secret is a credential. It prints as a placeholder everywhere; Reveal is the one way to its value.
type Secret struct{ value string }

const redacted = "(secret)"

// NewSecret wraps a credential. From then on it is masked in every text that people see, whoever repeats it and however it is
// spelled (Mask).
func NewSecret(value string) Secret {
	everMade.remember(value)
	return Secret{value: value}
}

// NewSecretURL wraps an address that may hold a password. Only the password is masked elsewhere: an error about the address must
// be able to name its host.
func NewSecretURL(value string) Secret {
	u, err := url.Parse(value)
	if err != nil {
		return NewSecret(value)
	}
	if password, set := u.User.Password(); set {
		everMade.remember(password)
	}
	return Secret{value: value}
}

// Reveal returns the credential itself.
func (s Secret) Reveal() string { return s.value }

// Empty reports whether there is no credential.
func (s Secret) Empty() bool { return s.value == "" }

// String implements fmt.Stringer without the value.
func (s Secret) String() string {
	if s.value == "" {
		return ""
	}
	return redacted
}

// GoString implements fmt.GoStringer without the value.
func (s Secret) GoString() string { return s.String() }

// Format implements fmt.Formatter, so that no verb reaches the value.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalText implements encoding.TextMarshaler without the value; request bodies are built from Reveal.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
