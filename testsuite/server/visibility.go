package server

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/schema"
	sqltool "go.temporal.io/server/tools/sql"
)

// keptIndexes are the indexes of SQLite's visibility that an embedded server
// keeps: for lists by time, id, type, status and schedule.
var keptIndexes = []string{
	"default_idx", "by_execution_time", "by_workflow_id", "by_workflow_type", "by_status",
	"by_temporal_namespace_division", "by_temporal_scheduled_by_id",
}

var indexName = regexp.MustCompile(`(?m)^CREATE INDEX (\w+)`)

// thinOut drops the other indexes of a new visibility database. Temporal
// creates one for each possible search attribute, 58 in all, and each write
// updates all of them, mostly spending its time on compiling the statement.
// Without them, a run with one local activity takes two thirds of the server's
// CPU time (9 ms of a core instead of 13). A list by a custom attribute scans
// the namespace's runs.
func thinOut(visibility *config.SQL) error {
	text, err := fs.ReadFile(schema.Assets(), "sqlite/v3/visibility/schema.sql")
	if err != nil {
		return fmt.Errorf("temporal server: schema of the visibility: %w", err)
	}
	connection, err := sqltool.NewConnection(visibility, log.NewNoopLogger())
	if err != nil {
		return fmt.Errorf("temporal server: opening the visibility: %w", err)
	}
	defer connection.Close()
	for _, found := range indexName.FindAllSubmatch(text, -1) {
		name := string(found[1])
		if slices.Contains(keptIndexes, name) {
			continue
		}
		if err := connection.Exec("DROP INDEX " + name); err != nil {
			return fmt.Errorf("temporal server: visibility's index %s: %w", name, err)
		}
	}
	return nil
}
