package coderplay

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// Output writes progress to the terminal and everything, commands and their output included, to a log file.
type Output struct {
	Path  string
	start time.Time
	file  *os.File
	mu    sync.Mutex
}

// NewOutput starts a log, over the last one.
func NewOutput(path string) (*Output, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &Output{Path: path, start: time.Now(), file: f}, nil
}

// Close ends the log.
func (o *Output) Close() { _ = o.file.Close() }

// Write puts a command's output into the log.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.file.Write(p)
}

// Say tells the person and the log.
func (o *Output) Say(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	fmt.Println(line)
	_, _ = fmt.Fprintln(o, line)
}

// Step says what is about to be done, with the time since the start.
func (o *Output) Step(format string, args ...any) {
	o.Say("  [%6.1fs] %s", time.Since(o.start).Seconds(), fmt.Sprintf(format, args...))
}

// Note goes to the log only.
func (o *Output) Note(format string, args ...any) { _, _ = fmt.Fprintf(o, format+"\n", args...) }

func (o *Output) Table(rows [][]string) {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	for _, row := range rows {
		_, _ = fmt.Fprintln(w, "  "+strings.Join(row, "\t"))
	}
	_ = w.Flush()
	o.Say("\n%s", b.String())
}

// Tail gives the last lines of a command's output, enough to see why it failed.
func Tail(text string, lines int) string {
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	return "    " + strings.Join(all, "\n    ")
}

var _ io.Writer = (*Output)(nil)
