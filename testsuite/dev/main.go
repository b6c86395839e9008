package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/latch-run/latch/testsuite/process"
	"github.com/latch-run/latch/testsuite/stack"
)

func main() { os.Exit(run()) }

func run() int {
	given, err := readSettings(os.Args[1:], os.Environ())
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(os.Stderr, "dev: %v\n", err)
		return 2
	}
	// A closed output (SIGPIPE) must not leave the worker running either.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	defer stop()
	if err := start(ctx, given); err != nil {
		fmt.Fprintf(os.Stderr, "dev: %v\n", err)
		return 1
	}
	return 0
}

// start serves, unless the commands cannot be built from the working folder. That comes first, so
// that dev leaves no folder of data where it was started by mistake.
func start(ctx context.Context, given settings) (err error) {
	if given.builder, err = stack.NewBuilder(ctx, false); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, given.builder.Close()) }()
	return serve(ctx, os.Stdout, given)
}

// settings are the configurable values.
type settings struct {
	ports   []*port
	dataDir string

	// store is one of the stores.
	store string

	// worker are Latch's settings in the environment.
	worker stack.Environment

	// builder is shared by several stacks. If nil, the stack has its own.
	builder *process.Builder
}

// readSettings reads flags, whose defaults can be set by variables.
func readSettings(args, environ []string) (settings, error) {
	env := stack.Environment(environ)
	flags := flag.NewFlagSet("dev", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "dev keeps Temporal, Latch's worker and API and a receiver running until Ctrl-C. LATCH_… variables are those of worker and API.")
		flags.PrintDefaults()
	}
	var given settings
	var problems []error
	for _, p := range allPorts() {
		value, err := strconv.Atoi(env.Value(p.variable, strconv.Itoa(p.number)))
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %q is no port", p.variable, env.Value(p.variable, "")))
		}
		flags.IntVar(&p.number, p.flag, value, fmt.Sprintf("port on loopback of %s (%s); 0 takes a free one", p.what, p.variable))
		given.ports = append(given.ports, &p)
	}
	flags.StringVar(&given.dataDir, "data", env.Value("DEV_DATA", ".data"), "folder of the database (DEV_DATA)")
	flags.StringVar(&given.store, "store", env.Value("DEV_STORE", storeFile),
		"where the data are: file; synced, a file that outlives a loss of power, at a third of the rate; memory; or postgres, a PostgreSQL that it runs (DEV_STORE)")
	if err := errors.Join(problems...); err != nil {
		return given, err
	}
	if err := flags.Parse(args); err != nil {
		return given, err
	}
	if flags.NArg() > 0 {
		return given, fmt.Errorf("it takes no argument, not %q", flags.Args())
	}
	if err := checkStore(given.store); err != nil {
		return given, err
	}
	given.worker = workerSettings(env, given.port(healthPort))
	return given, nil
}

// workerSettings returns the worker's settings: those of the environment, with loopback
// allowed, and HOME, which command tasks get. LATCH_HEALTH_ADDR overrides the health port. The
// server has the search attributes, so runs set them.
func workerSettings(env stack.Environment, health int) stack.Environment {
	worker := stack.Environment{"LATCH_SEARCH_ATTRIBUTES=true"}
	if health != 0 {
		worker = append(worker, "LATCH_HEALTH_ADDR="+loopback(health))
	}
	worker = append(worker, stack.Settings(env)...)
	if home := env.Value("HOME", ""); home != "" {
		worker = append(worker, "HOME="+home)
	}
	return worker.AllowLoopback()
}
