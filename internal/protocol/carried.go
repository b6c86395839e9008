package protocol

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/approval"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/verdict"
)

// maximumState bounds the state that a run passes to the next one, in bytes as JSON.
const maximumState = 16 << 20

// PackCarried packs a state as compressed JSON.
func PackCarried(state *State) ([]byte, error) {
	plain, err := json.Marshal(state)
	if err != nil {
		return nil, fmt.Errorf("state of the run: %w", err)
	}
	if len(plain) > maximumState {
		return nil, fmt.Errorf("state of the run: %d bytes; at most %d are carried on", len(plain), maximumState)
	}
	var packed bytes.Buffer
	writer, _ := flate.NewWriter(&packed, flate.DefaultCompression) // fails only for an unknown level
	if _, err := writer.Write(plain); err != nil {
		return nil, fmt.Errorf("pack the state of the run: %w", err)
	}
	if err := writer.Close(); err != nil {
		return nil, fmt.Errorf("pack the state of the run: %w", err)
	}
	return packed.Bytes(), nil
}

// UnpackCarried decodes the output of [PackCarried].
func UnpackCarried(packed []byte) (*State, error) {
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maximumState+1))
	if err != nil {
		return nil, fmt.Errorf("unpack the state of the run: %w", err)
	}
	state := &State{}
	if err := json.Unmarshal(plain, state); err != nil {
		return nil, fmt.Errorf("unpack the state of the run: %w", err)
	}
	return state, nil
}

// A State is what a run passes to the run that continues it.
type State struct {
	// First is Temporal's id for the whole chain, including retried runs. Temporal chose it
	// when the chain was started, so whoever started it could not know it.
	First string `json:"first"`
	// RunID is shown to templates as run.run_id, and Started is when that run began. Both
	// belong to the first run, in which everything was admitted.
	RunID     string         `json:"run_id"`
	Started   time.Time      `json:"started"`
	Admission Admission      `json:"admission"`
	Records   []latch.Record `json:"records"`
	Firings   []FiringState  `json:"firings"`
	// Streams are the newest deliveries, one for each webhook that has had any.
	Streams []StreamState `json:"streams,omitempty"`
	// LockNews are events about locks that have not fired yet, in order.
	LockNews []LockNews `json:"lock_news,omitempty"`
	// Signals are those that arrived while the run was ending, in order, by name.
	Signals []SignalState `json:"signals,omitempty"`
	// Kept has the same meaning as in the session.
	Kept           int              `json:"kept,omitempty"`
	TaggedWebhooks bool             `json:"tagged_webhooks,omitempty"`
	Rejected       []latch.Rejected `json:"rejected,omitempty"`
	Phase          string           `json:"phase,omitempty"`
	Event          string           `json:"event,omitempty"`
	Step           string           `json:"step,omitempty"`
	ShownLocks     string           `json:"shown_locks,omitempty"`
	ShownPauses    string           `json:"shown_pauses,omitempty"`
	// One of these describes the progress of the run's own work. An emission has neither.
	Job     *JobState     `json:"job,omitempty"`
	Release *ReleaseState `json:"release,omitempty"`
}

// A LockNews is an event about a lock that is to fire. DeliveryID is that of the lock's hook.
type LockNews struct {
	DeliveryID string       `json:"delivery_id"`
	Event      string       `json:"event"`
	Data       latch.Object `json:"data"`
}

// A SignalState is a signal that a run received but did not take. Data is its unchanged
// argument, which may not be JSON.
type SignalState struct {
	Name string `json:"name"`
	Data []byte `json:"data,omitempty"`
}

// A StreamState is the position of a run's newest delivery to a webhook.
type StreamState struct {
	Webhook    string `json:"webhook"`
	Sequence   int    `json:"sequence"`
	DeliveryID string `json:"delivery_id"`
}

// A FiringState is one event of the run.
type FiringState struct {
	Event string `json:"event"`
	// Unplanned reports that the run ended while the event was planned. It has no hooks then, but
	// its place among the others.
	Unplanned   bool           `json:"unplanned,omitempty"`
	Step        string         `json:"step,omitempty"`
	Emission    string         `json:"emission,omitempty"`
	Variables   expr.Variables `json:"variables,omitempty"`
	Scope       verdict.Scope  `json:"scope,omitempty"`
	Awaited     bool           `json:"awaited,omitempty"`
	NothingDone bool           `json:"nothing_done,omitempty"`
	Decided     bool           `json:"decided,omitempty"`
	// LockOf is the delivery id of the hook whose lock the event is about.
	LockOf string      `json:"lock_of,omitempty"`
	Hooks  []HookState `json:"hooks,omitempty"`
	// Frozen are the locks of freezes that the event consists of. It is nil for any other event.
	Frozen []AttachedWebhook `json:"frozen,omitempty"`
}

// A HookState is one webhook at an event.
type HookState struct {
	Webhook string `json:"webhook"`
	// Record is the index of its record. Gone is the record itself if the history no longer has
	// it.
	Record      int              `json:"record"`
	Gone        *latch.Record    `json:"gone,omitempty"`
	Delivery    verdict.Delivery `json:"delivery,omitempty"`
	Answered    latch.Object     `json:"answered,omitempty"`
	Brought     latch.Object     `json:"brought,omitempty"`
	Answer      verdict.Answer   `json:"answer,omitzero"`
	Verdict     *verdict.Verdict `json:"verdict,omitempty"`
	LockRemoved bool             `json:"lock_removed,omitempty"`
	Decision    string           `json:"decision,omitempty"`
	Skipped     bool             `json:"skipped,omitempty"`
	WhenFailed  bool             `json:"when_failed,omitempty"`
	Reconsider  bool             `json:"reconsider,omitempty"`
	Rule        string           `json:"rule,omitempty"`
	Since       time.Time        `json:"since"`
	// Waits reports that the delivery waits for its turn.
	Waits bool `json:"waits,omitempty"`
	// Votes are those about a lock with approvals.
	Votes []approval.Vote `json:"votes,omitempty"`
	// Spare is the lock that is used if the hook's analysis is inconclusive.
	Spare *latch.RecordLock `json:"spare,omitempty"`
	// UnderWay is what the delivery needs to continue.
	UnderWay *Delivery `json:"under_way,omitempty"`
}

// A JobState is the progress of a job.
type JobState struct {
	Result latch.JobResult `json:"result"`
	// Working reports that JOB_START is over. WorkBegan is when the work began, and Attempt is
	// the number of its current attempt.
	Working   bool      `json:"working,omitempty"`
	WorkBegan time.Time `json:"work_began,omitzero"`
	Attempt   int       `json:"attempt,omitempty"`
	// Done is how many jobs of a sequence have ended.
	Done int `json:"done,omitempty"`
	// Siblings are the earlier jobs of its sequence, if the run has asked for them.
	Siblings Siblings `json:"siblings,omitempty"`
	// Ended reports that the work has ended, with the outcome in the result.
	Ended bool `json:"ended,omitempty"`
}

// A ReleaseState is the progress of a release.
type ReleaseState struct {
	Result latch.ReleaseResult `json:"result"`
	// Undos are the steps to undo, in the order in which they were registered.
	Undos      []int `json:"undos,omitempty"`
	StepsTaken bool  `json:"steps_taken,omitempty"`
	// Working are the steps in progress. A run that continues as new has none.
	Working []int `json:"working,omitempty"`
	// Gates is how many gates the release has passed.
	Gates int `json:"gates,omitempty"`
	// Finished are the parallel parts that are completed, by the index of their first step.
	Finished []int `json:"finished,omitempty"`
	// Turn is where a release with a concurrency key stands.
	Turn *latch.TurnStatus `json:"turn,omitempty"`
	// Pauses are the failed steps that wait for a person.
	Pauses []PauseState `json:"pauses,omitempty"`
	// Lifted are the freezes that a person has overridden.
	Lifted []LiftedFreeze `json:"lifted,omitempty"`
	// Ending is how the release ends. It is nil until that is decided.
	Ending *EndingState `json:"ending,omitempty"`
}

// A PauseState is a failed step that waits for a person.
type PauseState struct {
	// Step is its index.
	Step  int        `json:"step"`
	Since latch.Time `json:"since"`
}

// An EndingState is how a release ends, before everything is undone.
type EndingState struct {
	Status   string           `json:"status"`
	RollBack bool             `json:"roll_back,omitempty"`
	Reason   string           `json:"reason,omitempty"`
	By       *latch.DecidedBy `json:"by,omitempty"`
}
