package artifactkeeper

import (
	"math"
	"strings"
	"unicode/utf8"
)

// The page sizes of list routes (Artifact Keeper: api/handlers/users.rs, groups.rs, permissions.rs, repositories.rs).
const (
	defaultPerPage = 20
	maxPerPage     = 100
)

// page is a window on a list.
type page struct{ number, size uint32 }

// pagination is its description in an answer.
type pagination struct {
	Page       uint32 `json:"page"`
	PerPage    uint32 `json:"per_page"`
	Total      int    `json:"total"`
	TotalPages uint32 `json:"total_pages"`
}

// listing is the answer of a paged list.
type listing[T any] struct {
	Items      []T        `json:"items"`
	Pagination pagination `json:"pagination"`
}

// items is the answer of a list without pages.
type items[T any] struct {
	Items []T `json:"items"`
}

// cappedPage reads page and per_page as groups and permissions do: a zero per_page passes.
func (q *query) cappedPage() page {
	p := page{1, defaultPerPage}
	if n := q.number("page"); n != nil {
		p.number = max(*n, 1)
	}
	if n := q.number("per_page"); n != nil {
		p.size = min(*n, maxPerPage)
	}
	return p
}

// clampedPage reads them as users and repositories do: per_page is at least one.
func (q *query) clampedPage() page {
	p := q.cappedPage()
	p.size = max(p.size, 1)
	return p
}

// paged cuts the page out of a list and converts its entries. With a zero page size nothing is shown and the number of
// pages saturates, as the server's division by zero does.
func paged[S, T any](p page, list []S, convert func(S) T) listing[T] {
	out := listing[T]{Items: []T{}, Pagination: pagination{Page: p.number, PerPage: p.size, Total: len(list)}}
	switch {
	case p.size > 0:
		out.Pagination.TotalPages = uint32((len(list) + int(p.size) - 1) / int(p.size))
	case len(list) > 0:
		out.Pagination.TotalPages = math.MaxUint32
	}
	start := min((int(p.number)-1)*int(p.size), len(list))
	end := min(start+int(p.size), len(list))
	for _, entry := range list[start:end] {
		out.Items = append(out.Items, convert(entry))
	}
	return out
}

// contains is the server's search: case-insensitive, anywhere in the text, with the % and _ wildcards of SQL's LIKE.
func contains(text, search string) bool {
	return like(strings.ToLower(text), "%"+strings.ToLower(search)+"%")
}

func like(text, pattern string) bool {
	if pattern == "" {
		return text == ""
	}
	want, size := utf8.DecodeRuneInString(pattern)
	rest := pattern[size:]
	switch want {
	case '%':
		for i := range text {
			if like(text[i:], rest) {
				return true
			}
		}
		return like("", rest)
	case '\\':
		if rest != "" {
			want, size = utf8.DecodeRuneInString(rest)
			rest = rest[size:]
		}
	case '_':
		_, n := utf8.DecodeRuneInString(text)
		return n > 0 && like(text[n:], rest)
	}
	got, n := utf8.DecodeRuneInString(text)
	return n > 0 && got == want && like(text[n:], rest)
}
