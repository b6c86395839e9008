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
	// DefaultNamespace is registered if Options names no namespace.
	DefaultNamespace = "default"

	// DefaultRetention is the default of Options.Retention.
	DefaultRetention = 24 * time.Hour
)

// Options configure the server. With the zero value it runs in memory, with the
// namespace "default", on a free port, without HTTP API and UI, and logs
// nothing.
type Options struct {
	// DatabaseFile is the SQLite file that stores all state. The file is
	// created if necessary, but not its directory. If empty, the state is in
	// memory until the process ends. Only one process may use a file at a time,
	// and a file must not be removed and recreated while a process uses it.
	//
	// The data for listing and counting runs is in a second file next to it,
	// with "-visibility" before the extension. The two belong together.
	DatabaseFile string

	// Synced makes each commit wait for the disk, so that the file survives a
	// power failure. Without it, the file survives only the end of the process,
	// however that ends.
	Synced bool

	// PostgreSQL stores the state in PostgreSQL instead of SQLite, unless nil.
	PostgreSQL *PostgreSQL

	// FrontendPort is the gRPC port on loopback; 0 selects a free one.
	FrontendPort int

	// HTTP enables Temporal's HTTP API on HTTPPort on loopback; 0 selects a
	// free port.
	HTTP     bool
	HTTPPort int

	// UI enables the web UI on UIPort on loopback; 0 selects a free port.
	UI     bool
	UIPort int

	// Namespaces are registered before Start returns; DefaultNamespace if empty.
	Namespaces []string

	// Retention is how long closed workflows are kept in namespaces that this
	// start registers; DefaultRetention if 0. A namespace that already exists
	// in the file keeps its own.
	Retention time.Duration

	// SearchAttributes are custom attributes by name. Every namespace in
	// Namespaces has them once Start returns.
	SearchAttributes map[string]enumspb.IndexedValueType

	// DynamicConfig overrides the package's dynamic settings, by key, such as
	// "frontend.namespaceRPS".
	DynamicConfig map[string]any

	// Logger receives the server's log lines; nil drops them.
	Logger *slog.Logger

	// Full is called when the disk of the database file is full, at most once a minute, with a
	// text for people. The server then refuses what it cannot store, loses nothing that it
	// accepted, and continues when there is room again. It must be safe for concurrent use. If
	// nil, the text is dropped.
	Full func(text string)
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
	if o.Full == nil {
		o.Full = func(string) {}
	}
	return o
}

// check returns an error for options with which the server would end the
// process.
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

// loopback returns the address of a port on loopback.
func loopback(port int) string {
	return net.JoinHostPort(loopbackIP, strconv.Itoa(port))
}
