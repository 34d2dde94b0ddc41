package registry

import (
	"encoding/base64"
	"strings"
	"testing"
)

// BenchmarkMask: what a message costs, and what the most expensive ones do.
func BenchmarkMask(b *testing.B) {
	NewSecret(strings.Repeat("0123456789abcdefghijklmnopqrstuvwxyz", 25))
	for name, text := range map[string]string{
		"id":       "0a1b2c3d-4e5f-6789-0a1b-2c3d4e5f6789",
		"message":  `the registry answered HTTP 400 BAD_REQUEST: there is no repository "team-pypi" (https://registry.example.com/ui?x=a%20b)`,
		"long":     strings.Repeat("words of a message, ", maxMasked/20),
		"base64":   strings.Repeat(base64.StdEncoding.EncodeToString([]byte("words of a message, ")), maxMasked/28),
		"escapes":  strings.Repeat(`%41\u0041&#65;=41&amp;#65;%2541`, maxMasked/32),
		"unended":  strings.Repeat("%25", maxMasked/3),
		"numbers":  strings.Repeat("65, 66, 67 ", maxMasked/11),
		"deepened": deepened(),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Masked(text)
			}
		})
	}
}

func deepened() string {
	text := "words of a message, "
	for len(text) < maxMasked*3/4 {
		text = base64.StdEncoding.EncodeToString([]byte(text + text))
	}
	return text
}
