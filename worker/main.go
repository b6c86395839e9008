// Command worker is Latch's own Temporal worker. It takes all its settings from the
// environment: the connection to Temporal from TEMPORAL_… and Temporal's profile, the rest from
// LATCH_… . docs/operate.md lists them.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/latch-run/latch/internal/buildinfo"
)

const usage = `worker serves a task queue of Temporal with Latch's workflows and activities.

It takes no arguments but --version and --help. Its settings are variables of the
environment, TEMPORAL_… and LATCH_…; docs/operate.md lists them, and starter doctor
checks them.
`

func main() {
	if code, asked := answer(os.Args[1:], os.Stdout, os.Stderr); asked {
		os.Exit(code)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "worker: %v\n", err)
		os.Exit(1)
	}
}

// answer handles arguments, if there are any, and returns the exit code.
func answer(args []string, out, errors io.Writer) (code int, asked bool) {
	switch {
	case len(args) == 0:
		return 0, false
	case len(args) == 1 && slices.Contains([]string{"--version", "-version", "-v"}, args[0]):
		fmt.Fprintln(out, buildinfo.Read())
		return 0, true
	case len(args) == 1 && slices.Contains([]string{"--help", "-help", "-h"}, args[0]):
		fmt.Fprint(out, usage)
		return 0, true
	default:
		fmt.Fprint(errors, usage)
		return 2, true
	}
}
