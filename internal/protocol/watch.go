package protocol

import (
	"encoding/json"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/closes"
	"github.com/latch-run/latch/internal/rawjson"
)

// SignalWatchChanged is a signal to latch.Watch: the watch was registered again. It has
// no argument.
const SignalWatchChanged = "latch.internal.WatchChanged"

// WatchRound is how long the activity of a watch looks before it reports that it has
// found nothing: each round costs the watch's history six events.
const WatchRound = time.Hour

// A Watch is the argument of latch.Watch, and of the activity that looks for it: where
// the watch stands.
type Watch struct {
	ID     string        `json:"id"`
	Cursor closes.Cursor `json:"cursor,omitzero"`
	Memory closes.Memory `json:"memory,omitzero"`
	// Told counts the runs that were told of, and Notices the workflows that did so.
	Told    int `json:"told,omitempty"`
	Notices int `json:"notices,omitempty"`
}

// Found is what the activity has found.
type Found struct {
	// Gone reports that there is no such watch any more.
	Gone bool `json:"gone,omitempty"`
	// Watch is the watch as it was registered when the runs were found.
	Watch latch.Watch `json:"watch,omitzero"`
	// Cursor is where to go on, and Closes are the runs, the one that closed first in
	// front; none where nothing was found for a long time.
	Cursor closes.Cursor `json:"cursor,omitzero"`
	Closes []latch.Close `json:"closes,omitempty"`
}

// A WatchNotice is the argument of latch.WatchNotice: runs to tell a watch's webhooks
// of.
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

// dataOf returns a close as templates see it.
func dataOf(of *latch.Close) latch.Object {
	data := latch.Object{}
	if err := json.Unmarshal(rawjson.Encode(of), &data); err != nil {
		return latch.Object{} // a struct is an object
	}
	return data
}
