package token

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// label is the free text that the registry keeps with a token: the user's description, a nonce that finds the token
// again when the answer to its creation is lost, and a digest of the idempotency key that finds what a killed run left.
type label struct {
	description string
	nonce       string
	keyDigest   string
}

const (
	labelOpen      = "[tf-nonce:"
	labelKey       = " tf-key:"
	labelClose     = "]"
	defaultLabel   = "Terraform"
	maxLabelLength = 255 // what every registry keeps
)

// newLabel makes a label with a fresh nonce of more than 128 bits.
func newLabel(description, key string) label {
	l := label{description: description, nonce: rand.Text()}
	if key != "" {
		l.keyDigest = keyDigest(key)
	}
	return l
}

// keyDigest hides and bounds the key: it may be any text, and the label has little room.
func keyDigest(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:16])
}

// keyTag is the part of a label that all tokens of one key share.
func keyTag(key string) string { return labelKey + keyDigest(key) + labelClose }

// nonceTag is the part of a label that one creation alone has.
func (l label) nonceTag() string { return labelOpen + l.nonce }

// text writes the label in at most limit characters. Only the description is ever shortened.
func (l label) text(limit int) string {
	if limit <= 0 {
		limit = maxLabelLength
	}
	tag := l.nonceTag()
	if l.keyDigest != "" {
		tag += labelKey + l.keyDigest
	}
	tag += labelClose
	description := strings.TrimSpace(l.description)
	if description == "" {
		description = defaultLabel
	}
	room := limit - utf8.RuneCountInString(tag) - 1
	if runes := []rune(description); len(runes) > room {
		description = string(runes[:max(room-1, 0)]) + "…"
	}
	return description + " " + tag
}

// describe gives the description out of a label, for an imported token. Foreign labels are descriptions as a whole.
func describe(text string) string {
	if before, _, ours := strings.Cut(text, labelOpen); ours {
		return strings.TrimSpace(before)
	}
	return text
}

// isOurs reports whether a token's label was written by this provider.
func isOurs(text string) bool { return strings.Contains(text, labelOpen) }
