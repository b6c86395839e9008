package closes

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
)

const (
	// Short is how far behind the newest close each pass looks back, and Long how
	// far a pass does now and then: a run may be listed after others that closed
	// later.
	Short = 10 * time.Second
	Long  = 10 * time.Minute
	// longEvery is how often a pass looks far back.
	longEvery = time.Minute
)

// A Cursor is how far the list has been gone through. All of its times but LongAt
// are times at which runs closed, as the server says: whoever keeps it needs no
// clock that agrees with the server's.
type Cursor struct {
	// Since is from when on runs count.
	Since time.Time `json:"since"`
	// Newest is when the newest run closed that a whole pass has found; zero before
	// the first.
	Newest time.Time `json:"newest,omitzero"`
	// LongAt is when a pass is to look far back again, by the clock of the worker.
	LongAt time.Time `json:"long_at,omitzero"`
	// Pass is the pass under way; nil between two.
	Pass *Pass `json:"pass,omitempty"`
}

// A Pass goes through the list once, from the newest run on.
type Pass struct {
	// Of is the hash of the query. A pass for another is dropped.
	Of string `json:"of"`
	// From is from when on runs are listed, and Page the place in the list; empty at
	// its beginning.
	From time.Time `json:"from"`
	Page []byte    `json:"page,omitempty"`
	// Newest is when the newest run closed that the pass has found.
	Newest time.Time `json:"newest,omitzero"`
	// Long reports that the pass looks far back.
	Long bool `json:"long,omitempty"`
}

// begin begins a pass, which looks far back where that is due.
func (c *Cursor) begin(query string, forgotten, now time.Time) {
	long := !now.Before(c.LongAt) || c.LongAt.Sub(now) > longEvery
	from := c.from(Short)
	if long {
		from = later(c.from(Long), forgotten)
		c.LongAt = now.Add(longEvery)
	}
	c.Pass = &Pass{Of: hashOf(query), Long: long, From: from}
}

// from returns from when on a pass lists runs that looks so far back.
func (c *Cursor) from(back time.Duration) time.Time {
	if c.Newest.IsZero() {
		return c.Since
	}
	return later(c.Since, c.Newest.Add(-back))
}

// end ends the pass. Its newest run is what the next one looks back from, unless
// that closed in the future, as on a server whose clock is wrong: then now is, or
// whatever closes until then would be lost.
func (c *Cursor) end(now time.Time) {
	newest := c.Pass.Newest
	if newest.After(now) {
		newest = now
	}
	c.Newest = later(c.Newest, newest)
	c.Pass = nil
}

// hashOf returns a hash of the query, since a cursor is written down often.
func hashOf(query string) string {
	sum := sha256.Sum256([]byte(query))
	return hex.EncodeToString(sum[:8])
}

// Remembers returns from when on what was told must be remembered, since a pass may
// list it again.
func (c *Cursor) Remembers() time.Time { return c.from(Long) }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// closedAt returns when the run closed.
func closedAt(run *workflowpb.WorkflowExecutionInfo) time.Time { return run.GetCloseTime().AsTime() }
