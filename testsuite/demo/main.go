package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

func main() { os.Exit(run()) }

func run() int {
	keep := flag.Bool("keep", false, "after the cases, keep the stack until Ctrl-C, to look at the UI")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "demo runs Latch's cases on a Temporal server of its own. It exits 0 if all came out right.")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "demo: it takes no argument, not %q\n", flag.Args())
		return 2
	}

	// A reader that has gone away (SIGPIPE) must not leave the worker running
	// either.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	defer stop()
	told := &account{out: os.Stdout, colour: term.IsTerminal(int(os.Stdout.Fd())) && os.Getenv("NO_COLOR") == ""}
	if err := perform(ctx, told, options{keep: *keep}); err != nil {
		fmt.Fprintf(os.Stderr, "demo: %v\n", err)
		return 1
	}
	return 0
}
