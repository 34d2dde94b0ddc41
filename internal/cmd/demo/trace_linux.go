package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
)

const (
	// traceCommand is how the demo calls itself to run a program under observation.
	traceCommand = "trace-argv"
	canTrace     = true
)

// traceMain runs a program, follows all its descendants and writes every argument vector to a file, one a line: what
// anybody on the machine could have read from /proc at that moment. Looking at /proc from time to time would miss most of
// what a shell script starts. It is a process of its own since it has to wait for every child there is.
func traceMain(path string, argv []string) int {
	code, err := trace(path, argv)
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo: cannot observe the arguments of", argv[0]+":", err)
		return 125
	}
	return code
}

func trace(path string, argv []string) (int, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	note := func(argv string) {
		_, _ = fmt.Fprintln(file, strings.NewReplacer("\n", "\\n", "\x00", " ").Replace(argv))
	}
	note(strings.Join(argv, " "))

	// The kernel ties a traced process to the thread that started it.
	runtime.LockOSThread()
	cmd := exec.Command(argv[0], argv[1:]...) //nolint:noctx // the parent's context ends this whole process
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	root := cmd.Process.Pid
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(root, &status, 0, nil); err != nil {
		return 0, err
	}
	const exitKill = 0x100000 // PTRACE_O_EXITKILL, which package syscall lacks: nothing outlives us
	const follow = syscall.PTRACE_O_TRACEFORK | syscall.PTRACE_O_TRACEVFORK | syscall.PTRACE_O_TRACECLONE | syscall.PTRACE_O_TRACEEXEC | exitKill
	if err := syscall.PtraceSetOptions(root, follow); err != nil {
		return 0, err
	}
	if err := syscall.PtraceCont(root, 0); err != nil {
		return 0, err
	}
	for {
		pid, err := syscall.Wait4(-1, &status, syscall.WALL, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil:
			return 0, err
		case !status.Stopped():
			if pid != root {
				continue
			}
			if status.Signaled() {
				return 128 + int(status.Signal()), nil
			}
			return status.ExitStatus(), nil
		}
		if status.TrapCause() == syscall.PTRACE_EVENT_EXEC {
			if argv, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err == nil {
				note(string(argv))
			}
		}
		// Stops that tracing itself causes are not passed on; every other signal is the program's own.
		signal := status.StopSignal()
		if signal == syscall.SIGTRAP || signal == syscall.SIGSTOP {
			signal = 0
		}
		// A process may be gone again by now; its end is reported in its turn.
		_ = syscall.PtraceCont(pid, int(signal))
	}
}
