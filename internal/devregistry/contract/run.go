package contract

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Runner sends the requests of one file to one server.
type Runner struct {
	// Client sends them; it must not follow redirects.
	Client *http.Client
	// Vars start with url, admin and prefix, and grow by what is captured.
	Vars map[string]string
	// undo is what remains to be removed, in the order it was made.
	undo []string
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 32 << 20

// Run plays a case. The error lists everything that was not as promised; an *UnknownVariable in it means that an earlier
// case did not get as far as to capture what this one needs.
func (r *Runner) Run(ctx context.Context, c *Case) error {
	for _, e := range c.Entries {
		for range e.Repeat {
			if err := r.play(ctx, e); err != nil {
				return fmt.Errorf("line %d: %s %s: %w", e.Line, e.Method, e.Target, err)
			}
		}
	}
	return nil
}

// play sends a request and judges its answer.
func (r *Runner) play(ctx context.Context, e *Entry) error {
	request, err := r.request(ctx, e)
	if err != nil {
		return err
	}
	a, err := r.send(request)
	if err != nil {
		return err
	}
	// What could be captured is kept even if something else is wrong: the clean-up needs it.
	err = errors.Join(r.capture(e, a), r.judge(e, a))
	for _, undo := range e.Undo {
		if line, missing := expand(undo, r.Vars); missing == nil && a.status < 300 {
			r.undo = append(r.undo, line)
		}
	}
	if err != nil {
		return fmt.Errorf("%w\nanswer: %d %s\n%s", err, a.status, a.header.Get("Content-Type"), excerpt(a.body))
	}
	return nil
}

func excerpt(body []byte) string {
	const enough = 2000
	return string(body[:min(len(body), enough)])
}

func (r *Runner) request(ctx context.Context, e *Entry) (*http.Request, error) {
	var failed error
	fill := func(text string) string {
		out, err := expand(text, r.Vars)
		failed = cmp.Or(failed, err)
		return out
	}
	values := func(pairs []Pair) url.Values {
		v := url.Values{}
		for _, p := range pairs {
			v.Add(p.Name, fill(p.Value))
		}
		return v
	}

	target := fill(e.Target)
	if len(e.Query) > 0 {
		target += "?" + values(e.Query).Encode()
	}
	var body io.Reader
	contentType := ""
	switch {
	case e.Body != nil:
		text := fill(*e.Body)
		body = strings.NewReader(text)
		if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
			contentType = "application/json"
		}
	case len(e.Form) > 0:
		body, contentType = strings.NewReader(values(e.Form).Encode()), "application/x-www-form-urlencoded"
	}
	if failed != nil {
		return nil, failed
	}
	request, err := http.NewRequestWithContext(ctx, e.Method, target, body)
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	for _, h := range e.Headers {
		if value := fill(h.Value); value == "" {
			request.Header.Del(h.Name)
		} else {
			request.Header.Set(h.Name, value)
		}
	}
	if e.User != nil {
		request.SetBasicAuth(fill(e.User.Name), fill(e.User.Value))
	}
	return request, failed
}

func (r *Runner) send(request *http.Request) (*answer, error) {
	response, err := r.Client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	return &answer{response.StatusCode, response.Header, body}, nil
}

func (r *Runner) capture(e *Entry, a *answer) error {
	var failed []error
	for _, c := range e.Captures {
		v, err := c.Term.eval(a, r.Vars)
		switch v := v.(type) {
		case string:
			r.Vars[c.Name] = v
		case float64, bool:
			r.Vars[c.Name] = show(v)
		default:
			failed = append(failed, fmt.Errorf("cannot capture %s from %s%s", c.Name, show(v), because(err)))
		}
	}
	return errors.Join(failed...)
}

func (r *Runner) judge(e *Entry, a *answer) error {
	var failed []error
	if a.status != e.Status {
		failed = append(failed, fmt.Errorf("status %d, want %d", a.status, e.Status))
	}
	for _, want := range e.Want {
		value, err := expand(want.Value, r.Vars)
		if got := a.header.Get(want.Name); err != nil || got != value {
			failed = append(failed, fmt.Errorf("header %s is %q, want %q", want.Name, got, value))
		}
	}
	for _, assert := range e.Asserts {
		v, err := assert.Term.eval(a, r.Vars)
		ok := false
		if err == nil {
			ok, err = assert.Check.holds(v, r.Vars)
		}
		if err != nil || !ok {
			failed = append(failed, fmt.Errorf("line %d: %s: got %s%s", assert.Line, assert.Text, show(v), because(err)))
		}
	}
	return errors.Join(failed...)
}

func because(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}

// CleanUp removes what the cases made, last first. Something that is gone already is as good as removed.
func (r *Runner) CleanUp(ctx context.Context) error {
	var failed []error
	for len(r.undo) > 0 {
		line := r.undo[len(r.undo)-1]
		r.undo = r.undo[:len(r.undo)-1]
		method, path, _ := strings.Cut(line, " ")
		request, err := http.NewRequestWithContext(ctx, method, r.Vars["url"]+path, nil)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		request.Header.Set("Authorization", "Bearer "+r.Vars["admin"])
		a, err := r.send(request)
		if err == nil && a.status >= 300 && a.status != http.StatusNotFound {
			err = fmt.Errorf("status %d: %s", a.status, excerpt(a.body))
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("left behind: %s: %w", line, err))
		}
	}
	return errors.Join(failed...)
}
