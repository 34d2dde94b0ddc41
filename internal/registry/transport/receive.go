package transport

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
)

// Answers are bounded by what they are, after decompression. A server that is broken, or something in its place, can send without
// an end, and one request must not cost the machine that plans its memory.
const (
	// maxShort bounds what is looked at of an answer that is shown or sniffed: errors, web pages, plain text. The longest honest
	// ones have a few kilobytes. Of longer ones the rest is not read.
	maxShort = 64 << 10
	// maxObject bounds an object or a page of a list. The largest honest one is a group of Artifactory's, which tells its members
	// without pages: 100,000 of them with names of 64 characters are 7 MB.
	maxObject = 8 << 20
	// maxObjectValues and maxObjectNested bound what those bytes may become in memory, where an empty object of two characters
	// takes hundreds of bytes: the values, for such a group, and the objects and arrays among them, for a permission on 10,000
	// repositories or a page of 1,000 objects.
	maxObjectValues = 250_000
	maxObjectNested = 25_000
	// maxHeader bounds the header of an answer. Servers and proxies allow 8 to 64 KB.
	maxHeader = 256 << 10
)

// errTooLarge is permanent: the next answer would be as large.
var errTooLarge = errors.New("the answer is too large")

// receive reads as much of a body as its kind may have. It fails when the body does not come whole, or is too large.
func (p *prepared) receive(a *Response, body io.Reader, length int64) error {
	start := bufio.NewReader(body)
	a.Body, _ = start.Peek(sniffed) // an error is seen again by who reads
	switch {
	case a.Status/100 != http.StatusOK/100, p.short, a.HTML():
		return receiveStart(a, start)
	case p.list != nil && a.JSON() && len(bytes.TrimSpace(a.Body)) > 0:
		a.streamed = true
		var lost error
		a.fault, lost = p.list.receive(start)
		return lost
	default:
		return receiveWhole(a, start, length)
	}
}

// sniffed is how many bytes of a body tell a web page.
const sniffed = 512

func receiveStart(a *Response, body io.Reader) (err error) {
	a.Body, err = io.ReadAll(io.LimitReader(body, maxShort+1))
	if len(a.Body) > maxShort {
		a.Body, a.cut = a.Body[:maxShort], true
	}
	return err
}

func receiveWhole(a *Response, body io.Reader, length int64) error {
	var b bytes.Buffer
	if length > 0 && length <= maxObject {
		b.Grow(int(length) + bytes.MinRead)
	}
	n, err := b.ReadFrom(io.LimitReader(body, maxObject+1))
	switch {
	case err != nil:
		return err
	case n > maxObject, a.JSON() && crowded(b.Bytes()):
		return errTooLarge
	}
	a.Body = b.Bytes()
	return nil
}

// crowded reports whether JSON text holds more values, objects or arrays than an honest answer.
func crowded(text []byte) bool {
	values, nested := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case ',':
			values++
		case '{', '[':
			nested++
		}
	}
	return values > maxObjectValues || nested > maxObjectNested
}
