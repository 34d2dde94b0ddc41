package main

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

// output writes progress to the terminal and everything, commands and their output included, to a log file.
type output struct {
	path  string
	start time.Time
	file  *os.File
	mu    sync.Mutex
}

func newOutput(path string) (*output, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &output{path: path, start: time.Now(), file: f}, nil
}

// Write puts a command's output into the log.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.file.Write(p)
}

// say tells the person and the log.
func (o *output) say(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	fmt.Println(line)
	_, _ = fmt.Fprintln(o, line)
}

// step says what is about to be done, with the time since the start.
func (o *output) step(format string, args ...any) {
	o.say("  [%6.1fs] %s", time.Since(o.start).Seconds(), fmt.Sprintf(format, args...))
}

// note goes to the log only.
func (o *output) note(format string, args ...any) { _, _ = fmt.Fprintf(o, format+"\n", args...) }

func (o *output) table(rows [][]string) {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	for _, row := range rows {
		_, _ = fmt.Fprintln(w, "  "+strings.Join(row, "\t"))
	}
	_ = w.Flush()
	o.say("\n%s", b.String())
}

// tail gives the last lines of a command's output, enough to see why it failed.
func tail(text string, lines int) string {
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	return "    " + strings.Join(all, "\n    ")
}

var _ io.Writer = (*output)(nil)
