package audit

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"golang.org/x/time/rate"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/metric"
	"github.com/latch-run/latch/internal/rawjson"
)

const (
	// appendTimeout bounds how long an act waits until its entry is appended.
	appendTimeout = 3 * time.Second
	// largestSignal bounds the entries of one signal, in bytes of their JSON. Those that arrive
	// meanwhile go together.
	largestSignal = 256 << 10
	// signalsPerSecond and signalsAtOnce bound how often one workflow is signalled under load. An
	// act now and then never waits.
	signalsPerSecond = 10
	signalsAtOnce    = 10
	// maximumWaiting bounds the entries that wait. Further ones are lost.
	maximumWaiting = 20_000
	// refusedTogether is how long refusals are gathered before they are appended.
	refusedTogether = time.Minute
)

// Options configure a [Recorder].
type Options struct {
	Log *Log
	// LinkKey is LATCH_LINK_KEY, by which links to locks are recognized and hidden.
	LinkKey []byte
	Logger  *slog.Logger
	Metrics client.MetricsHandler
	// Lost is told how many entries could not be appended, and why; nil for nobody.
	Lost func(n int, err error)
}

// A Recorder appends what a server's callers do. What cannot be appended is logged and counted,
// and the act stays done. Its methods may be called on nil, which appends nothing.
type Recorder struct {
	Options
	pace *rate.Limiter
	// open counts the entries that are not yet appended or lost.
	open    sync.WaitGroup
	mutex   sync.Mutex
	working bool
	waiting []*pending
	// refused are the refusals of this minute, and flush appends them.
	refused map[refusal]*latch.AuditEntry
	flush   *time.Timer
}

// A pending entry is one that is not yet appended.
type pending struct {
	entry    latch.AuditEntry
	size     int
	appended chan struct{}
}

// NewRecorder returns a recorder.
func NewRecorder(options Options) *Recorder {
	options.Metrics.Counter(metric.AuditLost).Inc(0) // an alert needs a value from before the first loss
	return &Recorder{Options: options, pace: rate.NewLimiter(signalsPerSecond, signalsAtOnce), refused: map[refusal]*latch.AuditEntry{}}
}

// Note appends the entry of an act, and returns once it is appended or lost. It outlives the
// request of the act, whose caller may have gone away.
func (r *Recorder) Note(ctx context.Context, entry latch.AuditEntry) {
	if r == nil {
		return
	}
	appended := r.enter(ctx, entry)
	select {
	case <-appended:
	case <-time.After(appendTimeout):
	}
}

// NoteSoon is [Recorder.Note] without the wait, for an act that can be found otherwise too, such as
// the start of a run.
func (r *Recorder) NoteSoon(ctx context.Context, entry latch.AuditEntry) {
	if r != nil {
		r.enter(ctx, entry)
	}
}

// enter logs and counts an entry and has it appended. The channel is closed once it is.
func (r *Recorder) enter(ctx context.Context, entry latch.AuditEntry) <-chan struct{} {
	entry = clean(entry, r.LinkKey)
	r.say(ctx, &entry)
	r.Metrics.WithTags(metric.Labels("action", entry.Action, "outcome", entry.Outcome, "via",
		entry.Via)).Counter(metric.AuditEntries).Inc(1)
	p := &pending{entry, len(rawjson.Encode(entry)), make(chan struct{})}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if len(r.waiting) >= maximumWaiting {
		r.lost(1, errFull)
		close(p.appended)
		return p.appended
	}
	r.waiting = append(r.waiting, p)
	r.open.Add(1)
	if !r.working {
		r.working = true
		go r.work()
	}
	return p.appended
}

// work appends entries until none wait.
func (r *Recorder) work() {
	for {
		batch := r.next()
		if len(batch) == 0 {
			return
		}
		time.Sleep(r.pace.Reserve().Delay())
		entries := make([]latch.AuditEntry, len(batch))
		for i, p := range batch {
			entries[i] = p.entry
		}
		ctx, cancel := context.WithTimeout(context.Background(), appendTimeout)
		err := r.Log.Append(ctx, entries)
		cancel()
		if err != nil {
			r.lost(len(entries), err)
		}
		for _, p := range batch {
			close(p.appended)
			r.open.Done()
		}
	}
}

// next removes the entries that have waited longest. If there are none, the next entry begins the
// work again.
func (r *Recorder) next() []*pending {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	n, size := 0, 0
	for n < len(r.waiting) && (n == 0 || size+r.waiting[n].size <= largestSignal) {
		size += r.waiting[n].size
		n++
	}
	batch := r.waiting[:n:n]
	r.waiting, r.working = r.waiting[n:], n > 0
	return batch
}

// lost logs and counts entries that are not appended.
func (r *Recorder) lost(n int, err error) {
	r.Metrics.Counter(metric.AuditLost).Inc(int64(n))
	if r.Lost != nil {
		r.Lost(n, err)
	}
	r.Logger.Error("the audit lacks entries, which are in this log alone", "entries", n, "error", err)
}

// say writes the line of an entry.
func (r *Recorder) say(ctx context.Context, entry *latch.AuditEntry) {
	attributes := []any{"action", entry.Action, "outcome", entry.Outcome, "via", entry.Via}
	for _, each := range [][2]string{{"by", entry.By}, {"identified_by", entry.IdentifiedBy}, {"remote", entry.Remote},
		{"target", entry.Target},
		{"workflow_id", entry.WorkflowID}, {"run_id", entry.RunID}, {"webhook", entry.Webhook}, {"event",
			entry.Event}, {"step", entry.Step},
		{"result", entry.Result}, {"reason", entry.Reason}, {"error", entry.Error}} {
		if each[1] != "" {
			attributes = append(attributes, each[0], each[1])
		}
	}
	if entry.Status != 0 {
		attributes = append(attributes, "status", entry.Status)
	}
	if entry.Count > 1 {
		attributes = append(attributes, "count", entry.Count)
	}
	r.Logger.InfoContext(ctx, "audit", attributes...)
}

// Close appends the refusals that were gathered, and waits until everything is appended. If ctx
// ends before, it returns the context's error.
func (r *Recorder) Close(ctx context.Context) error {
	if r == nil {
		return nil
	}
	r.flushRefused()
	done := make(chan struct{})
	go func() {
		r.open.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
