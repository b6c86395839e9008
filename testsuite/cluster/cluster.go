package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"

	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/testsuite/freeport"
	"github.com/latch-run/latch/testsuite/postgres"
	"github.com/latch-run/latch/testsuite/process"
	"github.com/latch-run/latch/testsuite/server"
	"github.com/latch-run/latch/testsuite/stack"
)

// Options configures Start.
type Options struct {
	// Folder is PostgreSQL's folder; see [postgres.Start].
	Folder string

	// Workers and APIs are the numbers of their processes.
	Workers, APIs int

	// Settings apply to all workers and APIs, in addition to allowing loopback.
	Settings stack.Environment

	// Builder builds the commands.
	Builder *process.Builder
}

// Cluster is a running cluster.
type Cluster struct {
	Postgres *postgres.Server
	Temporal *Member
	Workers  []*Member
	APIs     []*Member

	// Client is connected to Temporal over TCP, and survives restarts of the server.
	Client client.Client

	// Frontend is Temporal's address, as host:port.
	Frontend string

	settings stack.Environment
}

// Start starts everything and returns once all members serve. The context only bounds the
// start. If it fails, nothing keeps running.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	c := &Cluster{settings: o.Settings.AllowLoopback()}
	if err := c.start(ctx, o); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context, o Options) (err error) {
	worker, err := o.Builder.Build(ctx, "./worker")
	if err != nil {
		return err
	}
	starter, err := o.Builder.Build(ctx, "./starter")
	if err != nil {
		return err
	}
	if c.Postgres, err = postgres.Start(ctx, o.Folder); err != nil {
		return err
	}
	if err := c.startTemporal(ctx); err != nil {
		return err
	}
	for n := range o.Workers {
		m, err := c.worker(fmt.Sprint("worker ", n+1), worker)
		if err != nil {
			return err
		}
		c.Workers = append(c.Workers, m)
	}
	for n := range o.APIs {
		m, err := c.api(fmt.Sprint("API ", n+1), starter)
		if err != nil {
			return err
		}
		c.APIs = append(c.APIs, m)
	}
	for _, m := range slices.Concat(c.Workers, c.APIs) {
		if err := m.Start(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) startTemporal(ctx context.Context) (err error) {
	if c.Frontend, err = freeport.Address(); err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(c.Frontend)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c.Temporal = &Member{Name: "Temporal",
		command: process.Command{Path: self, Env: []string{serveVariable + "=" + c.Postgres.Address + " " + port}},
		ready: func(ctx context.Context, p *process.Process) error {
			_, err := p.Stdout.Wait(ctx, serving)
			return err
		}}
	if err := c.Temporal.Start(ctx); err != nil {
		return err
	}
	c.Client, err = client.DialContext(ctx, server.Persistent(client.Options{
		HostPort: c.Frontend, Logger: slog.New(slog.DiscardHandler)}))
	return err
}

func (c *Cluster) worker(name, path string) (*Member, error) {
	health, err := freeport.Address()
	return c.member(name, "http://"+health, process.Command{Path: path, Env: append(c.environment(), "LATCH_HEALTH_ADDR="+health)}), err
}

func (c *Cluster) api(name, path string) (*Member, error) {
	address, err := freeport.Address()
	return c.member(name, "http://"+address, process.Command{Path: path, Args: []string{"serve"},
		Env: append(c.environment(), "LATCH_API_ADDR="+address)}), err
}

// environment returns the settings that workers and APIs have in common.
func (c *Cluster) environment() []string {
	return slices.Concat([]string{"TEMPORAL_ADDRESS=" + c.Frontend, "LATCH_SEARCH_ATTRIBUTES=true", hang.SDKVariable + "=1"}, c.settings)
}

func (c *Cluster) member(name, url string, command process.Command) *Member {
	return &Member{Name: name, URL: url, command: command,
		ready: func(ctx context.Context, p *process.Process) error { return p.AwaitReady(ctx, url+"/readyz") }}
}

// Close ends everything, and returns what the race detector has reported. It stops PostgreSQL
// properly, and kills the others.
func (c *Cluster) Close() error {
	if c.Client != nil {
		c.Client.Close()
	}
	var failed []error
	for _, m := range slices.Concat(c.APIs, c.Workers) {
		failed = append(failed, m.end())
	}
	if c.Temporal != nil {
		failed = append(failed, c.Temporal.end())
	}
	if c.Postgres != nil {
		failed = append(failed, c.Postgres.Stop())
	}
	return errors.Join(failed...)
}
