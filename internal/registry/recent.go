package registry

import (
	"maps"
	"sync"
	"time"
)

// visibilityLag bounds how long Temporal's list may lag behind a write.
const visibilityLag = 30 * time.Second

// recent holds this process's latest writes, because lists lag behind.
type recent struct {
	mutex sync.Mutex
	rows  map[string]recentRow
}

type recentRow struct {
	row     Row
	removed bool
	at      time.Time
}

func (r *recent) wrote(definition *Definition) {
	r.note(definition.ID, recentRow{row: RowOf(definition), at: time.Now()})
}

func (r *recent) deleted(id string) { r.note(id, recentRow{removed: true, at: time.Now()}) }

func (r *recent) note(id string, what recentRow) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.rows == nil {
		r.rows = map[string]recentRow{}
	}
	r.rows[id] = what
}

// over returns the listed rows updated with the latest writes. A row that
// somebody else wrote later is kept.
func (r *recent) over(listed map[string]Row) map[string]Row {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	maps.DeleteFunc(r.rows, func(_ string, what recentRow) bool { return time.Since(what.at) > visibilityLag })
	if len(r.rows) == 0 {
		return listed
	}
	merged := maps.Clone(listed)
	for id, what := range r.rows {
		row, there := merged[id]
		switch {
		case there && row.UpdatedAt.After(what.row.UpdatedAt.Time) && !what.removed, there && what.removed && row.CreatedAt.After(what.at):
		case what.removed:
			delete(merged, id)
		default:
			what.row.NextTime = row.NextTime
			merged[id] = what.row
		}
	}
	return merged
}
