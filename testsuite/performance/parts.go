package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/latch-run/latch/internal/wire"
	"github.com/latch-run/latch/testsuite/performance/byhand"
	"github.com/latch-run/latch/testsuite/postgres"
	"github.com/latch-run/latch/testsuite/server"
)

// signingSecret signs both sides' webhooks.
const signingSecret = "mdoq-is-awesome"

// parts are the roles of this program as a child process of the benchmark, by
// its first argument. Each prints a line when it is ready, and ends when its
// standard input is closed, so that none outlives the benchmark.
var parts = map[string]func(ctx context.Context, args []string) error{
	"temporal": serveTemporal,
	"byhand":   workByHand,
	"postgres": servePostgres,
}

// serveTemporal runs Temporal's server on a store, and prints its address.
// place is the store's file or address.
func serveTemporal(ctx context.Context, args []string) error {
	o := server.Options{}
	switch store, place := args[0], args[1]; store {
	case storeFile:
		o.DatabaseFile = place
	case storePostgres:
		o.PostgreSQL = &server.PostgreSQL{Address: place, User: postgres.User}
	}
	s, err := server.Start(ctx, o)
	if err != nil {
		return err
	}
	fmt.Println(s.FrontendHostPort)
	awaitEnd(ctx)
	return s.Stop()
}

// servePostgres runs PostgreSQL with a new cluster in a folder and prints its
// address.
func servePostgres(ctx context.Context, args []string) error {
	s, err := postgres.Start(ctx, args[0])
	if err != nil {
		return err
	}
	fmt.Println(s.Address)
	awaitEnd(ctx)
	return s.Stop()
}

// workByHand runs a worker of the hand-written code on the server with an
// address.
func workByHand(ctx context.Context, args []string) error {
	c, err := client.DialContext(ctx, client.Options{HostPort: args[0], Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer c.Close()
	w, err := byhand.NewWorker(c, []byte(signingSecret), worker.Options{
		WorkflowTaskPollerBehavior: wire.Pollers(),
		ActivityTaskPollerBehavior: wire.Pollers(),
	})
	if err != nil {
		return err
	}
	if err := w.Start(); err != nil {
		return err
	}
	fmt.Println("ready")
	awaitEnd(ctx)
	w.Stop()
	return nil
}

// awaitEnd returns when the benchmark ends, which closes this process's
// standard input.
func awaitEnd(ctx context.Context) {
	over := make(chan struct{})
	go func() {
		defer close(over)
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	select {
	case <-over:
	case <-ctx.Done():
	}
}
