// Command starter is Latch's command line: it starts jobs, releases and
// emissions on a Temporal server, watches them, decides about them, checks their
// files without one, and serves the HTTP API. Its commands are in internal/cli.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/latch-run/latch/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}
