package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/latch-run/latch/testsuite/server"
)

// The stores, by what they outlive.
const (
	storeFile   = "file"   // the stack, however it ends
	storeSynced = "synced" // a machine that loses its power, too, at a third of the rate
	storeMemory = "memory" // nothing
)

var stores = []string{storeFile, storeSynced, storeMemory}

func checkStore(store string) error {
	if slices.Contains(stores, store) {
		return nil
	}
	return fmt.Errorf("-store or DEV_STORE: %q is not one of %s", store, strings.Join(stores, ", "))
}

// A database is where a stack keeps its data.
type database struct {
	// place is for people.
	place string
	// close lets another stack have it.
	close func() error
}

// openStore makes the folder of a database file, keeps others away from it, and
// sets the server's options. A store in memory takes no folder.
func (s settings) openStore(o *server.Options) (database, error) {
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
	o.DatabaseFile, o.Synced = filepath.Join(s.dataDir, "temporal.db"), s.store == storeSynced
	return database{o.DatabaseFile, lock.Close}, nil
}
