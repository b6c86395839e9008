package server

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
	"go.temporal.io/server/common/config"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/schema/sqlite"
)

// prepareMemory returns new databases in memory. Their schema is created when
// they are opened.
func prepareMemory() (databases, error) {
	inMemory := map[string]string{"mode": "memory", "cache": "shared"}
	stored := databases{main: sqliteConfig(uuid.NewString(), inMemory), visibility: sqliteConfig(uuid.NewString(), inMemory)}
	return stored, thinOut(stored.visibility)
}

// prepareFiles creates missing files. A file of an earlier version, which
// contains visibility, is left as it is.
//
// With a write-ahead log, a commit is one write. One in a hundred waits for the
// disk, or all if synced is true; fifty concurrent runs then take three times
// as long. More than one connection, which SQLite's readers could use, would
// cost a tenth of the rate because the connections wait for each other.
func prepareFiles(file string, synced bool) (databases, error) {
	onDisk := map[string]string{"mode": "rwc", "journal_mode": "wal", "synchronous": "normal"}
	if synced {
		onDisk["synchronous"] = "full"
	}
	beside := visibilityFile(file)
	stored := databases{main: sqliteConfig(file, onDisk), visibility: sqliteConfig(beside, onDisk)}
	made, err := isMade(file)
	if err != nil {
		return stored, err
	}
	besideMade, err := isMade(beside)
	switch {
	case err != nil:
		return stored, err
	case made && !besideMade:
		stored.visibility, stored.kept = stored.main, true
		return stored, nil
	case made:
		stored.kept = true
		return stored, nil
	}
	// A leftover file lists runs that no longer exist.
	if err := os.Remove(beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return stored, fmt.Errorf("temporal server: database file %q: %w", beside, err)
	}
	// The main file is created last, because its existence decides what the
	// next start does.
	if err := setUpSchema(stored.visibility, file); err != nil {
		return stored, err
	}
	if err := thinOut(stored.visibility); err != nil {
		return stored, err
	}
	return stored, setUpSchema(stored.main, file)
}

// sqliteConfig returns the configuration of a file, or of a database in memory
// with the name.
func sqliteConfig(name string, attributes map[string]string) *config.SQL {
	return &config.SQL{PluginName: sqliteplugin.PluginName, DatabaseName: name, ConnectAttributes: maps.Clone(attributes)}
}

// visibilityFile returns the name of the second file.
func visibilityFile(file string) string {
	extension := filepath.Ext(file)
	return strings.TrimSuffix(file, extension) + "-visibility" + extension
}

// isMade reports whether a file exists and has a schema.
func isMade(file string) (bool, error) {
	info, err := os.Stat(file)
	switch {
	case err == nil:
		return info.Size() > 0, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	default:
		return false, fmt.Errorf("temporal server: database file: %w", err)
	}
}

// setUpSchema creates the schema of one of a file's two databases.
func setUpSchema(database *config.SQL, file string) error {
	if err := sqlite.SetupSchema(database); err != nil {
		return fmt.Errorf("temporal server: database file %q: making its schema: %w; does its folder exist?", file, err)
	}
	return nil
}
