package closes

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
)

const (
	// Short is how far back each pass lists, and Long how far a pass lists from time to time: a
	// run may be listed after others that closed later.
	Short = 10 * time.Second
	Long  = 10 * time.Minute
	// longEvery is how often a pass lists far back.
	longEvery = time.Minute
)

// A Cursor is the progress through the list. All of its times except LongAt are times at which
// runs closed, by the server's clock, so that the owner's clock need not agree with it.
type Cursor struct {
	// Since is the time after which runs count.
	Since time.Time `json:"since"`
	// Newest is when the newest run closed that a complete pass has found. It is zero before
	// the first pass.
	Newest time.Time `json:"newest,omitzero"`
	// LongAt is when a pass must list far back again, by the clock of the worker.
	LongAt time.Time `json:"long_at,omitzero"`
	// Pass is the current pass, or nil between two.
	Pass *Pass `json:"pass,omitempty"`
}

// A Pass reads the list once, starting at the newest run.
type Pass struct {
	// Of is the hash of the query. A pass for another query is dropped.
	Of string `json:"of"`
	// From is the time after which runs are listed. Page is the position in the list, or empty
	// at its beginning.
	From time.Time `json:"from"`
	Page []byte    `json:"page,omitempty"`
	// Newest is when the newest run closed that the pass has found.
	Newest time.Time `json:"newest,omitzero"`
	// Long reports that the pass lists far back.
	Long bool `json:"long,omitempty"`
}

// begin begins a pass, which lists far back if that is due.
func (c *Cursor) begin(query string, forgotten, now time.Time) {
	long := !now.Before(c.LongAt) || c.LongAt.Sub(now) > longEvery
	from := c.from(Short)
	if long {
		from = later(c.from(Long), forgotten)
		c.LongAt = now.Add(longEvery)
	}
	c.Pass = &Pass{Of: hashOf(query), Long: long, From: from}
}

// from returns the time after which a pass with the given depth lists runs.
func (c *Cursor) from(back time.Duration) time.Time {
	if c.Newest.IsZero() {
		return c.Since
	}
	return later(c.Since, c.Newest.Add(-back))
}

// end ends the pass. The next one starts from its newest run, unless that closed in the future,
// as on a server with a wrong clock: then it starts from now, because otherwise all runs that
// close until then would be lost.
func (c *Cursor) end(now time.Time) {
	newest := c.Pass.Newest
	if newest.After(now) {
		newest = now
	}
	c.Newest = later(c.Newest, newest)
	c.Pass = nil
}

// hashOf returns a hash of the query, because a cursor is stored often.
func hashOf(query string) string {
	sum := sha256.Sum256([]byte(query))
	return hex.EncodeToString(sum[:8])
}

// Remembers returns the time after which reported runs must be remembered, because a pass may
// list them again.
func (c *Cursor) Remembers() time.Time { return c.from(Long) }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// closedAt returns when the run closed.
func closedAt(run *workflowpb.WorkflowExecutionInfo) time.Time { return run.GetCloseTime().AsTime() }
