package protocol

import (
	"encoding/json"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/closes"
	"github.com/latch-run/latch/internal/rawjson"
)

// SignalWatchChanged is sent to latch.Watch when the watch is registered again. It has no argument.
const SignalWatchChanged = "latch.internal.WatchChanged"

// SignalWatchHinted is sent to latch.Watch with a [WatchHint].
const SignalWatchHinted = "latch.internal.WatchHinted"

// A WatchHint is the argument of [SignalWatchHinted]: runs that have closed, which the watch may
// be about to find.
type WatchHint struct {
	Runs []closes.Hint `json:"runs"`
}

// WatchRound is how long the activity of a watch searches before it reports that it has found
// nothing. Each round costs the watch's history six events.
const WatchRound = time.Hour

// A Watch is the argument of latch.Watch, and of its activity: the progress of the watch.
type Watch struct {
	ID     string        `json:"id"`
	Cursor closes.Cursor `json:"cursor,omitzero"`
	Memory closes.Memory `json:"memory,omitzero"`
	Hints  closes.Hints  `json:"hints,omitzero"`
	// Hinted reports that hints have come, so that the activity may be given up for the next one.
	Hinted bool `json:"hinted,omitempty"`
	// Told counts the runs that were reported, and Notices the workflows that reported them.
	Told    int `json:"told,omitempty"`
	Notices int `json:"notices,omitempty"`
}

// Found is the result of the activity.
type Found struct {
	// Gone reports that the watch no longer exists.
	Gone bool `json:"gone,omitempty"`
	// Watch is the registered watch at the time when the runs were found.
	Watch latch.Watch `json:"watch,omitzero"`
	// Cursor is where to continue, and Hints are those that are left. Closes are the runs, the
	// one that closed first in front. It is empty if nothing was found for a long time.
	Cursor closes.Cursor `json:"cursor,omitzero"`
	Hints  closes.Hints  `json:"hints,omitzero"`
	Closes []latch.Close `json:"closes,omitempty"`
}

// A WatchNotice is the argument of latch.WatchNotice: runs to report to a watch's webhooks.
type WatchNotice struct {
	Watch  latch.Watch   `json:"watch"`
	Closes []latch.Close `json:"closes"`
}

// Batch returns the events of the notice, each with the id of the run that closed.
func (n *WatchNotice) Batch() latch.EmissionBatch {
	batch := latch.EmissionBatch{Events: make([]latch.Emission, len(n.Closes))}
	for i := range n.Closes {
		of := &n.Closes[i]
		batch.Events[i] = latch.Emission{ID: of.RunID, Event: of.Event(), Data: dataOf(of), Vars: n.Watch.Vars, Webhooks: n.Watch.Webhooks}
	}
	return batch
}

// dataOf returns a close in the form of a template variable.
func dataOf(of *latch.Close) latch.Object {
	data := latch.Object{}
	if err := json.Unmarshal(rawjson.Encode(of), &data); err != nil {
		return latch.Object{} // a struct is an object
	}
	return data
}
