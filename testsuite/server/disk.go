package server

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"go.temporal.io/server/common/log/tag"
)

// sqliteFull is SQLite's text for its result code 13, SQLITE_FULL.
const sqliteFull = "database or disk is full"

// fullEvery is how often a full disk is reported, at most.
const fullEvery = time.Minute

// A diskWatch finds in the server's log that the disk of a database file is full. Temporal
// retries internally, so its callers only notice that it does not answer in time.
type diskWatch struct {
	file   string
	report func(string)

	mu   sync.Mutex
	next time.Time
}

func newDiskWatch(o Options) *diskWatch { return &diskWatch{file: o.DatabaseFile, report: o.Full} }

// look reports a full disk if a log line's error says so.
func (d *diskWatch) look(tags []tag.Tag) {
	for _, t := range tags {
		err, isError := t.Value().(error)
		text, isText := t.Value().(string)
		if isError {
			text = err.Error()
		}
		if (isError || isText) && strings.Contains(text, sqliteFull) && d.isDue(time.Now()) {
			d.report(fmt.Sprintf("the disk of the database file %q is full: Temporal stores nothing new until there is room; "+
				"free some, and everything goes on by itself", d.file))
			return
		}
	}
}

func (d *diskWatch) isDue(now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now.Before(d.next) {
		return false
	}
	d.next = now.Add(fullEvery)
	return true
}
