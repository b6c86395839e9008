package server

import (
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
)

const (
	// DefaultNamespace is the namespace that is registered when Options names none.
	DefaultNamespace = "default"

	// DefaultRetention is how long closed workflows are kept when Options does not say.
	DefaultRetention = 24 * time.Hour
)

// Options says what Start brings up. The zero value is a server in memory with
// the namespace "default", on a free port, without HTTP API and UI, and silent.
type Options struct {
	// DatabaseFile is the SQLite file that keeps all state; it is made where it
	// does not exist, its folder is not. Empty keeps the state in memory, where
	// it stays until the process ends. One process may use a file at a time, and
	// a file must not be removed and made again during a process's life.
	//
	// What lists and counts runs is in a second file beside it, whose name has
	// "-visibility" before its extension; the two belong together.
	DatabaseFile string

	// Synced has each commit reach the disk before it counts, so that the file also
	// outlives a machine that loses its power. Without it, it outlives the process,
	// however that ends, and what the last commits were is up to the disk.
	Synced bool

	// PostgreSQL keeps the state there, in place of SQLite; nil does not.
	PostgreSQL *PostgreSQL

	// FrontendPort is the gRPC port on loopback; 0 takes a free one.
	FrontendPort int

	// HTTP turns Temporal's HTTP API on, at HTTPPort on loopback; 0 takes a free one.
	HTTP     bool
	HTTPPort int

	// UI turns the web UI on, at UIPort on loopback; 0 takes a free one.
	UI     bool
	UIPort int

	// Namespaces are registered before Start returns; DefaultNamespace if empty.
	Namespaces []string

	// Retention of closed workflows in namespaces that this start registers;
	// DefaultRetention if 0. A namespace that a file already has keeps its own.
	Retention time.Duration

	// SearchAttributes are custom attributes by name, which every namespace of
	// Namespaces has once Start returns.
	SearchAttributes map[string]enumspb.IndexedValueType

	// DynamicConfig holds Temporal's dynamic settings by key, such as
	// "frontend.namespaceRPS", over the package's own choice of them.
	DynamicConfig map[string]any

	// Logger takes the server's log lines; nil drops them.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if len(o.Namespaces) == 0 {
		o.Namespaces = []string{DefaultNamespace}
	}
	if o.Retention == 0 {
		o.Retention = DefaultRetention
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// check refuses options that the server would answer by ending the process.
func (o Options) check() error {
	if o.PostgreSQL != nil && o.DatabaseFile != "" {
		return fmt.Errorf("temporal server: database file %q and PostgreSQL at %s: give one of them", o.DatabaseFile, o.PostgreSQL.Address)
	}
	if o.Retention < 0 {
		return fmt.Errorf("temporal server: retention %s: must not be negative", o.Retention)
	}
	ports := []struct {
		what string
		port int
	}{{"frontend", o.FrontendPort}, {"HTTP API", o.HTTPPort}, {"UI", o.UIPort}}
	for _, p := range ports {
		if p.port == 0 {
			continue
		}
		listener, err := net.Listen("tcp", loopback(p.port))
		if err != nil {
			return fmt.Errorf("temporal server: %s port %d: %w; free it or choose another", p.what, p.port, err)
		}
		if err := listener.Close(); err != nil {
			return fmt.Errorf("temporal server: %s port %d: %w", p.what, p.port, err)
		}
	}
	return nil
}

// loopback is the address of a port on this machine alone.
func loopback(port int) string {
	return net.JoinHostPort(loopbackIP, strconv.Itoa(port))
}
