package main

import "github.com/latch-run/latch/testsuite/postgres"

// Stores for Temporal's state.
const (
	storeMemory   = "memory"
	storeFile     = "file"
	storePostgres = "postgres"
)

var (
	storeNames    = []string{storeMemory, storeFile, storePostgres}
	defaultStores = []string{storeMemory, storePostgres}
)

// storeTitles are the names of the stores in a report.
var storeTitles = map[string]string{
	storeMemory: "SQLite in memory", storeFile: "a SQLite file", storePostgres: "PostgreSQL",
}

// found returns the stores that can be measured here, and reports the others.
func found(stores []string, say func(string, ...any)) []string {
	var here []string
	for _, store := range stores {
		if store == storePostgres {
			if _, err := postgres.Programs(); err != nil {
				say("not measured: %v", err)
				continue
			}
		}
		here = append(here, store)
	}
	return here
}
