package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/latch-run/latch/testsuite/postgres"
	"github.com/latch-run/latch/testsuite/server"
)

// These are the stores, by the events that their data survives.
const (
	storeFile   = "file"   // any end of the stack
	storeSynced = "synced" // a power loss too, at a third of the rate
	storeMemory = "memory" // nothing

	// storePostgres is the stack's own PostgreSQL, which survives all of these.
	storePostgres = "postgres"
)

var stores = []string{storeFile, storeSynced, storeMemory, storePostgres}

func checkStore(store string) error {
	if slices.Contains(stores, store) {
		return nil
	}
	return fmt.Errorf("-store or DEV_STORE: %q is not one of %s", store, strings.Join(stores, ", "))
}

// A database holds a stack's data.
type database struct {
	// place describes the location for people.
	place string
	// close releases the database for other stacks.
	close func() error
}

// openStore creates the folder of a database, locks it, and sets the server's options. A store
// in memory needs no folder.
func (s settings) openStore(ctx context.Context, o *server.Options) (database, error) {
	if s.store == storeMemory {
		return database{"memory, until the end", func() error { return nil }}, nil
	}
	if err := os.MkdirAll(s.dataDir, 0o700); err != nil {
		return database{}, fmt.Errorf("folder of the database: %w", err)
	}
	lock, err := lockFolder(s.dataDir)
	if err != nil {
		return database{}, err
	}
	if s.store == storePostgres {
		opened, err := openPostgres(ctx, filepath.Join(s.dataDir, "postgres"), o)
		if err != nil {
			return database{}, errors.Join(err, lock.Close())
		}
		return database{opened.place, func() error { return errors.Join(opened.close(), lock.Close()) }}, nil
	}
	o.DatabaseFile, o.Synced = filepath.Join(s.dataDir, "temporal.db"), s.store == storeSynced
	return database{o.DatabaseFile, lock.Close}, nil
}

// openPostgres runs PostgreSQL in a folder.
func openPostgres(ctx context.Context, folder string, o *server.Options) (database, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return database{}, fmt.Errorf("folder of the database: %w", err)
	}
	if os.Geteuid() == 0 {
		// PostgreSQL's user needs access to its own folder.
		if err := os.Chmod(filepath.Dir(folder), 0o711); err != nil {
			return database{}, fmt.Errorf("folder of the database: %w", err)
		}
	}
	running, err := postgres.Start(ctx, folder)
	if err != nil {
		return database{}, err
	}
	o.PostgreSQL = &server.PostgreSQL{Address: running.Address, User: postgres.User}
	return database{fmt.Sprintf("%s, a PostgreSQL at %s", folder, running.Address), running.Stop}, nil
}
