// Command worker is Latch's own Temporal worker. It takes all its settings
// from the environment: the connection to Temporal from TEMPORAL_… and
// Temporal's profile, the rest from LATCH_… . docs/operate.md lists them.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if len(os.Args) > 1 {
		fmt.Fprintln(os.Stderr, "worker takes no arguments: its settings are variables of the environment, TEMPORAL_… and LATCH_…; docs/operate.md lists them")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "worker: %v\n", err)
		os.Exit(1)
	}
}
