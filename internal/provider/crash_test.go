package provider_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// crash runs a command and aborts its provider while a write is under way: Go then prints the stacks of all goroutines,
// and Terraform logs them.
func (c *canary) crash(arguments ...string) {
	c.t.Helper()
	if runtime.GOOS != "linux" {
		c.t.Log("the provider is not crashed: finding its process needs /proc")
		return
	}
	type result struct {
		out string
		err error
	}
	done := make(chan result, 1)
	go func() {
		out, err := c.cli.Try(arguments...)
		done <- result{out, err}
	}()
	select {
	case <-c.parrot.hanging:
	case r := <-done:
		c.t.Fatalf("nothing was written: %v\n%s", r.err, r.out)
	}
	for _, pid := range c.providers() {
		if err := syscall.Kill(pid, syscall.SIGABRT); err != nil {
			c.t.Error(err)
		}
	}
	select {
	case r := <-done:
		c.printed.WriteString(r.out)
		// Terraform says the one if its call saw the connection end first, the other if it saw the process end first.
		told := strings.Contains(r.out, "did not respond") || strings.Contains(r.out, "request was cancelled")
		if r.err == nil || !told || !strings.Contains(c.cli.Read("trace.log"), "SIGABRT") {
			c.t.Errorf("the provider did not crash: %v\n%s", r.err, r.out)
		}
	case <-time.After(time.Minute):
		c.t.Error("the command did not end after its provider had crashed")
	}
}

// providers are the processes of our provider that work in the canary's folder.
func (c *canary) providers() []int {
	c.t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		c.t.Fatal(err)
	}
	folder, err := filepath.EvalSymlinks(c.cli.Dir)
	if err != nil {
		c.t.Fatal(err)
	}
	var pids []int
	for _, link := range links {
		exe, _ := os.Readlink(link) // processes end while we look
		cwd, _ := os.Readlink(filepath.Join(filepath.Dir(link), "cwd"))
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link))); err == nil && cwd == folder && strings.Contains(filepath.Base(exe), "terraform-provider-registry") {
			pids = append(pids, pid)
		}
	}
	if len(pids) == 0 {
		c.t.Error("no process of the provider was found")
	}
	return pids
}
