package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/latch-run/latch/testsuite/cluster"
	"github.com/latch-run/latch/testsuite/process"
)

const module = "github.com/latch-run/latch"

func main() {
	cluster.ServeTemporal()
	os.Exit(start())
}

func start() int {
	var o options
	flag.DurationVar(&o.length, "for", time.Minute, "how long things are started and killed")
	flag.Uint64Var(&o.seed, "seed", 1, "decides what is started, answered and killed")
	flag.Float64Var(&o.rate, "rate", 2, "how many runs are started a second, at most")
	flag.Parse()
	if flag.NArg() > 0 || o.length <= 0 || o.rate <= 0 {
		fmt.Fprintln(os.Stderr, "chaos: takes flags alone; -for and -rate are above 0")
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := chaos(ctx, o); err != nil {
		fmt.Fprintf(os.Stderr, "chaos: %v\n", err)
		return 1
	}
	return 0
}

// chaos runs once, in a temporary folder.
func chaos(ctx context.Context, o options) error {
	root, err := process.ModuleDir(ctx, module)
	if err != nil {
		return err
	}
	if o.builder, err = process.NewBuilder(root, false); err != nil {
		return err
	}
	defer o.builder.Close()
	if o.folder, err = os.MkdirTemp("", "latch-chaos-"); err != nil {
		return err
	}
	defer os.RemoveAll(o.folder)
	f, err := run(ctx, o)
	if f != nil {
		fmt.Print(f)
	}
	return err
}
