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

// prepareMemory makes databases in memory, of this server's own. They get their
// schema when they are opened.
func prepareMemory() (databases, error) {
	inMemory := map[string]string{"mode": "memory", "cache": "shared"}
	stored := databases{main: sqliteConfig(uuid.NewString(), inMemory), visibility: sqliteConfig(uuid.NewString(), inMemory)}
	return stored, thinOut(stored.visibility)
}

// prepareFiles makes the files that are missing. A file that an earlier version
// made, with its visibility in it, stays so.
//
// With a write-ahead log a commit is one write. A hundredth of those wait for
// the disk unless synced: then all do, and fifty runs at a time take three times
// as long. More connections than the one, which SQLite's readers could use, cost
// a tenth of the rate by their waits for each other.
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
		stored.visibility = stored.main
		return stored, nil
	case made:
		return stored, nil
	}
	// One that is left over lists runs that are gone.
	if err := os.Remove(beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return stored, fmt.Errorf("temporal server: database file %q: %w", beside, err)
	}
	// The main file comes last, since what is there decides the next start.
	if err := setUpSchema(stored.visibility, file); err != nil {
		return stored, err
	}
	if err := thinOut(stored.visibility); err != nil {
		return stored, err
	}
	return stored, setUpSchema(stored.main, file)
}

// sqliteConfig takes the file's name, or that of a database in memory.
func sqliteConfig(name string, attributes map[string]string) *config.SQL {
	return &config.SQL{PluginName: sqliteplugin.PluginName, DatabaseName: name, ConnectAttributes: maps.Clone(attributes)}
}

// visibilityFile is the second file's name.
func visibilityFile(file string) string {
	extension := filepath.Ext(file)
	return strings.TrimSuffix(file, extension) + "-visibility" + extension
}

// isMade reports whether a file is there and has a schema.
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

// setUpSchema makes one of the two databases of a file.
func setUpSchema(database *config.SQL, file string) error {
	if err := sqlite.SetupSchema(database); err != nil {
		return fmt.Errorf("temporal server: database file %q: making its schema: %w; does its folder exist?", file, err)
	}
	return nil
}
