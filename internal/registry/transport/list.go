package transport

import (
	"encoding/json"
	"errors"
	"io"
)

// A list without pages is read element by element, so that it costs what is kept of it.
const (
	// maxList bounds the body of a list: 100,000 tokens of 1,000 bytes. What Artifactory tells of one has some 400, and more with
	// many scopes or a long description.
	maxList = 96 << 20
	// maxListed bounds its elements.
	maxListed = 250_000
	// maxElement bounds one element, and what stands beside the list.
	maxElement = 256 << 10
)

// List is the target of Do for a list without pages. Each element is decoded, shown to keep, and forgotten; Items has what keep
// made of those that it accepted.
type List[T, K any] struct {
	Items []K

	key  string
	keep func(*T) (K, bool)
	seen bool
	// lacks is what an element does not hold although it must.
	lacks error
}

// NewList gives a list that is the member of an object, or the whole answer if the key is empty.
func NewList[T, K any](key string, keep func(*T) (K, bool)) *List[T, K] {
	return &List[T, K]{key: key, keep: keep}
}

// KeepAll keeps all elements as they are.
func KeepAll[T any](element *T) (T, bool) { return *element, true }

// Complete implements the check of a success: an empty list is [], never missing, and each element holds what it must if it can
// tell.
func (l *List[T, K]) Complete() error {
	if !l.seen {
		return errors.New("it holds no list")
	}
	return l.lacks
}

// list is a List of any type.
type list interface {
	receive(body io.Reader) (fault, lost error)
}

// receive reads a whole body. A fault is an answer that is not the JSON that was expected; what is lost did not come whole, or is
// too large.
func (l *List[T, K]) receive(body io.Reader) (fault, lost error) {
	l.Items, l.seen, l.lacks = nil, false, nil
	d := newElements(body)
	if fault = l.read(d); fault == nil {
		fault = d.end()
	}
	return fault, d.lost
}

func (l *List[T, K]) read(d *elements) error {
	if l.key == "" {
		return l.array(d)
	}
	if err := d.delim('{'); err != nil {
		return err
	}
	for d.more() {
		key, err := d.token()
		if err != nil {
			return err
		}
		if key == l.key {
			err = l.array(d)
		} else {
			err = d.decode(new(json.RawMessage))
		}
		if err != nil {
			return err
		}
	}
	return d.delim('}')
}

func (l *List[T, K]) array(d *elements) error {
	if err := d.delim('['); err != nil {
		return err
	}
	l.seen = true
	for d.more() {
		var element T
		if err := d.decode(&element); err != nil {
			return err
		}
		if d.read++; d.read > maxListed {
			d.lost = errTooLarge
			return d.lost
		}
		if full, ok := any(&element).(completer); ok && l.lacks == nil {
			l.lacks = full.Complete()
		}
		if item, kept := l.keep(&element); kept {
			l.Items = append(l.Items, item)
		}
	}
	return d.delim(']')
}

// elements reads JSON piece by piece and lets no piece, nor all of them, be longer than it may.
type elements struct {
	json *json.Decoder
	body io.Reader
	// taken is how much of the body was read, allowed how much may be for the piece that is read now.
	taken, allowed int64
	read           int
	// lost is why the rest of the body did not come.
	lost error
}

func newElements(body io.Reader) *elements {
	d := &elements{body: body}
	d.json = json.NewDecoder(d)
	return d
}

// Read implements io.Reader for the decoder, which keeps what it read until a piece is whole.
func (d *elements) Read(b []byte) (int, error) {
	if d.taken >= d.allowed {
		d.lost = errTooLarge
		return 0, d.lost
	}
	n, err := d.body.Read(b[:min(int64(len(b)), d.allowed-d.taken)])
	d.taken += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		d.lost = err
	}
	return n, err
}

// piece allows for one piece more.
func (d *elements) piece() { d.allowed = min(d.json.InputOffset()+maxElement, maxList) }

func (d *elements) more() bool {
	d.piece()
	return d.json.More()
}

func (d *elements) token() (json.Token, error) {
	d.piece()
	return d.json.Token()
}

func (d *elements) decode(out any) error {
	d.piece()
	return d.json.Decode(out)
}

var errOtherJSON = errors.New("the answer is other JSON")

func (d *elements) delim(want json.Delim) error {
	token, err := d.token()
	if err == nil && token != want {
		err = errOtherJSON
	}
	return err
}

// end refuses whatever follows.
func (d *elements) end() error {
	_, err := d.token()
	if errors.Is(err, io.EOF) && d.lost == nil {
		return nil
	}
	return errOtherJSON
}
