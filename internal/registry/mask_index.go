package registry

import (
	"hash/maphash"
	"math"
	"strings"
	"sync"
	"unicode/utf8"
)

const (
	// piece is the length from which a part of a secret is masked. Shorter parts occur in honest words, and a token of which so
	// little is known is as good as unknown.
	piece = 12
	// shortestKept is the length from which a secret is looked for in all texts. Shorter ones are looked for in what their own
	// requests bring: "admin" would be cut out of every sentence.
	shortestKept = 8
	// shortest is the length from which a secret is looked for in all spellings.
	shortest = 4
	// mostPieces bounds a generation of the index: 1,000 tokens of 1,000 characters, in some 40 MB. Two are kept.
	mostPieces = 1_000_000
)

// The two ways to compare: by all visible characters, and by letters and digits alone, between which anything may stand.
const (
	bySigns = iota
	byLetters
	spaces
)

// rim is how many signs a secret has before its first and after its last letter or digit.
type rim struct{ before, after uint8 }

// index knows pieces of secrets by their hashes. Another text of the same hash would be masked without need; none is missed.
type index struct {
	mu      sync.RWMutex
	pieces  map[uint64]rim
	lengths [spaces][piece + 1]bool
	whole   map[uint64]struct{} // hashes of the secrets that are in pieces
	older   *index
}

// everMade knows the secrets that this process made.
var everMade = newIndex()

var seed = maphash.MakeSeed()

func newIndex() *index {
	return &index{pieces: map[uint64]rim{}, whole: map[uint64]struct{}{}}
}

// remember adds a secret that is long enough, unless it is there. When a generation is full the one before it is forgotten;
// what is still in use is remembered again with the next request.
func (x *index) remember(value string) {
	if len(value) < shortestKept {
		return
	}
	key := maphash.String(seed, value)
	x.mu.RLock()
	_, known := x.whole[key]
	x.mu.RUnlock()
	if known {
		return
	}
	if visibleLength(value) < shortestKept {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.pieces) > mostPieces {
		x.older = &index{pieces: x.pieces, lengths: x.lengths}
		x.pieces, x.whole, x.lengths = map[uint64]rim{}, map[uint64]struct{}{}, [spaces][piece + 1]bool{}
	}
	x.whole[key] = struct{}{}
	x.add(value)
}

func visibleLength(value string) int { return utf8.RuneCount(viewOf(value).only(notBlank).text) }

// add notes the pieces of a secret. The caller holds the lock.
func (x *index) add(value string) {
	v := viewOf(value).only(notBlank).folded()
	letters := v.only(letterOrDigit)
	if len(letters.text) >= shortestKept {
		x.addPieces(byLetters, letters.text, rimOf(string(v.text)))
	}
	if len(letters.text) < shortestKept || 2*len(letters.text) < len(v.text) {
		x.addPieces(bySigns, v.text, rim{})
	}
}

func rimOf(value string) rim {
	signs := func(s string) uint8 { return uint8(min(utf8.RuneCountInString(s), math.MaxUint8)) } //nolint:gosec // bounded
	first := strings.IndexFunc(value, letterOrDigit)
	last := strings.LastIndexFunc(value, letterOrDigit)
	_, size := utf8.DecodeRuneInString(value[last:])
	return rim{signs(value[:first]), signs(value[last+size:])}
}

func (x *index) addPieces(space int, text []byte, ends rim) {
	length := min(len(text), piece)
	x.lengths[space][length] = true
	roll(space, length, text, func(at int, hash uint64) {
		r := x.pieces[hash]
		if at == 0 {
			r.before = max(r.before, ends.before)
		}
		if at == len(text)-length {
			r.after = max(r.after, ends.after)
		}
		x.pieces[hash] = r
	})
}

// each tells where pieces of secrets are in a text.
func (x *index) each(space int, text []byte, found func(from, to int, r rim)) {
	if x == nil {
		return
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	for length, used := range x.lengths[space] {
		if !used {
			continue
		}
		roll(space, length, text, func(at int, hash uint64) {
			if r, known := x.pieces[hash]; known {
				found(at, at+length, r)
			}
		})
	}
	x.older.each(space, text, found)
}

// roll gives the hash of every part of a length.
func roll(space, length int, text []byte, tell func(at int, hash uint64)) {
	const base = 0x9e3779b97f4a7c15
	var hash, top uint64 = 0, 1
	for range length {
		top *= base
	}
	for i, b := range text {
		hash = hash*base + uint64(b) + 1
		if i >= length {
			hash -= top * (uint64(text[i-length]) + 1)
		}
		if i >= length-1 {
			// The space and the length are part of what is hashed.
			tell(i-length+1, hash^uint64(space*(piece+1)+length)*0xc2b2ae3d27d4eb4f) //nolint:gosec // small
		}
	}
}
