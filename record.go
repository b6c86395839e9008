package latch

import "encoding/json"

// These are the results of a record.
const (
	ResultPass    = "pass"
	ResultFail    = "fail"
	ResultPending = "pending"
	ResultSkipped = "skipped"
)

// These are the ways to remove a lock.
const (
	ViaSignal   = "signal"
	ViaUpdate   = "update"
	ViaAPI      = "api"
	ViaPage     = "page"
	ViaSlack    = "slack"
	ViaTimeout  = "timeout"
	ViaOverride = "override"
)

// A Record is one entry of the webhook history: one hook of one event, with the request, the
// answer and the decision (contract, "Records").
type Record struct {
	DeliveryID string `json:"delivery_id"`
	// Sequence numbers the deliveries to the webhook in this run, from 1 and without a gap, in
	// the order in which their events fired. It is 0 if nothing is to be sent. PreviousID is
	// the id of the previous delivery, and empty for the first one.
	Sequence   int    `json:"sequence,omitempty"`
	PreviousID string `json:"previous_id,omitempty"`
	Webhook    string `json:"webhook"`
	Event      string `json:"event"`
	Step       string `json:"step,omitempty"`
	Job        string `json:"job,omitempty"`
	Release    string `json:"release,omitempty"`
	// Emission is the id of the event, in a run that fires several.
	Emission   string `json:"emission,omitempty"`
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	Result     string `json:"result"`
	Data       Object `json:"data"`
	Attempts   int    `json:"attempts"`
	// Tries describes the newest [MaximumTries] attempts one by one, oldest first. If the
	// history gets too large they are dropped before anything else, without setting Truncated:
	// Attempts still counts them.
	Tries []RecordTry `json:"tries,omitempty"`
	// Measurements are the newest [MaximumMeasurements] of an analysis, oldest first.
	// They are dropped after Tries, and Truncated is set.
	Measurements []Measurement `json:"measurements,omitempty"`
	Error        string        `json:"error,omitempty"`
	Decision     string        `json:"decision,omitempty"`
	// Rule is the reason for Decision: the expression that was true, with its key, as in
	// "stop_release: history.result == 'fail'"; the policy, as in "on_error: stop"; or, for
	// continue, that neither expression was true. An expression is cut at 500 bytes. Rule is
	// empty at events whose hooks decide nothing.
	Rule string `json:"rule,omitempty"`
	// WouldDecide is what the hook would have decided with "enforce": true. Rule is then the
	// reason for it.
	WouldDecide string `json:"would_decide,omitempty"`
	// HandedTo is the workflow id of the latch.Deliver that continues the delivery after this
	// run closed.
	HandedTo string `json:"handed_to,omitempty"`
	// Enforced reports that the hook belongs to an enforced registered webhook.
	Enforced bool `json:"enforced,omitempty"`
	// Kept reports that the delivery was not sent because the endpoint of its registered
	// webhook is disabled, and can be sent later.
	Kept bool `json:"kept,omitempty"`
	// Redelivery counts how often the delivery was sent again on request, including this time.
	// It is zero for the delivery itself.
	Redelivery int `json:"redelivery,omitempty"`
	// Truncated reports that a body or data was cut to keep the history in bounds.
	Truncated   bool            `json:"truncated,omitempty"`
	Request     *RecordRequest  `json:"request,omitempty"`
	Response    *RecordResponse `json:"response,omitempty"`
	StartedAt   Time            `json:"started_at,omitzero"`
	CompletedAt Time            `json:"completed_at,omitzero"`
	DurationMS  int64           `json:"duration_ms,omitempty"`
	Lock        *RecordLock     `json:"lock,omitempty"`
	// Approvals are the votes about a lock with approvals, each person's newest and without those
	// that were taken back, oldest first.
	Approvals []Vote `json:"approvals,omitempty"`
}

// A RecordRequest describes the request, without headers and body. If the URL contains a
// secret, only scheme and host are shown.
type RecordRequest struct {
	Method      string `json:"method"`
	URL         string `json:"url"`
	ContentType string `json:"content_type,omitempty"`
	Bytes       int    `json:"bytes"`
}

// A RecordResponse describes the answer, with secrets masked and the body cut at 20 KiB.
type RecordResponse struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"`
}

// MaximumTries is how many attempts a record describes one by one.
const MaximumTries = 10

// A RecordTry is one attempt of a delivery.
type RecordTry struct {
	// Number counts from 1.
	Number     int   `json:"number"`
	StartedAt  Time  `json:"started_at"`
	DurationMS int64 `json:"duration_ms"`
	// Status is the status of the answer, or 0 without one. Error adds what the status does not
	// say, in at most 200 bytes.
	Status int    `json:"status,omitempty"`
	Error  string `json:"error,omitempty"`
	// Unreadable reports that the message was delivered, and that Error is about its answer,
	// which cannot be read.
	Unreadable bool `json:"unreadable,omitempty"`
	// RetryInMS is the chosen wait before the next attempt, including jitter and what the
	// endpoint asked for. It is 0 after the last attempt.
	RetryInMS int64 `json:"retry_in_ms,omitempty"`
	// Address is the IP address and port that was called. It is absent if nothing was called,
	// and behind a proxy.
	Address string   `json:"address,omitempty"`
	Timings *Timings `json:"timings,omitempty"`
}

// Timings are the durations of an attempt's parts, in milliseconds with up to three decimals. A
// part that did not take place is absent: a kept connection needs no DNS, connecting or TLS.
type Timings struct {
	// DNSMS is for resolving the name, ConnectMS for connecting, over all addresses tried, and
	// TLSMS for the handshake.
	DNSMS     float64 `json:"dns_ms,omitempty"`
	ConnectMS float64 `json:"connect_ms,omitempty"`
	TLSMS     float64 `json:"tls_ms,omitempty"`
	// FirstByteMS is the wait for the answer's first byte, from the connection on. It includes
	// sending the request.
	FirstByteMS float64 `json:"first_byte_ms,omitempty"`
	// TotalMS is the total, up to the answer's last byte that was read.
	TotalMS float64 `json:"total_ms,omitempty"`
}

// A RecordLock is the lock of a blocking hook.
type RecordLock struct {
	Token     string `json:"token"`
	URL       string `json:"url,omitempty"`
	RemovedAt Time   `json:"removed_at,omitzero"`
	RemovedBy string `json:"removed_by,omitempty"`
	// IdentifiedBy says how RemovedBy is known: [IdentifiedByKey] and the like. It is absent if
	// no person removed the lock, and in locks that an earlier version removed.
	IdentifiedBy string `json:"identified_by,omitempty"`
	Via          string `json:"via,omitempty"`
	Reason       string `json:"reason,omitempty"`
	// Result is the one that the removal asked for. It is absent if the removal left it to the
	// endpoint's answer.
	Result string `json:"result,omitempty"`
	// Digest is the SHA-256 of what the lock shows (contract, "Digest"). It is absent in locks
	// that an earlier version made.
	Digest string `json:"digest,omitempty"`
	// Reminders counts those of the hook's times of reminding that have passed while somebody
	// listened to LOCK_REMINDER and the lock was open.
	Reminders int `json:"reminders,omitempty"`
	// Escalated says since when more people may vote. It is nil before.
	Escalated *Escalated `json:"escalated,omitempty"`
	// Extensions are the newest [MaximumExtensions] moves of the deadline, oldest first. The last
	// one counts.
	Extensions []Extension `json:"extensions,omitempty"`
}

// Way returns how the lock was removed, for people: "page, oidc" for a removal on the lock's page
// by a person known by OpenID Connect, and "signal" for one by a signal.
func (l *RecordLock) Way() string {
	if l.IdentifiedBy == "" || l.IdentifiedBy == IdentifiedByTemporal {
		return l.Via
	}
	return l.Via + ", " + l.IdentifiedBy
}

// Open reports whether the lock still waits for its removal.
func (l *RecordLock) Open() bool { return l != nil && l.RemovedAt.IsZero() }

// A Status is a snapshot of a run, the answer to the query [QueryStatus].
type Status struct {
	ID     string       `json:"id"`
	Title  string       `json:"title,omitempty"`
	Status string       `json:"status"`
	Phase  string       `json:"phase,omitempty"`
	Event  string       `json:"event,omitempty"`
	Step   string       `json:"step,omitempty"`
	Steps  []StepResult `json:"steps,omitempty"`
	// Turn is where a release with a concurrency key stands.
	Turn *TurnStatus `json:"turn,omitempty"`
	// Paused are a release's failed steps that wait for a person.
	Paused []PausedStep `json:"paused,omitempty"`
	Locks  []OpenLock   `json:"locks"`
	// Undecided are the hooks without an open lock that have not decided yet. It is absent in
	// answers of an earlier version's worker.
	Undecided []UndecidedHook `json:"undecided,omitempty"`
	Rejected  []Rejected      `json:"rejected"`
}

// These are what a hook without an open lock waits for.
const (
	WaitsForAnswer       = "answer"
	WaitsForMeasurements = "measurements"
	WaitsForSoak         = "soak"
)

// An UndecidedHook is a hook whose decision a run waits for, though no lock holds it.
type UndecidedHook struct {
	Webhook string `json:"webhook"`
	Event   string `json:"event"`
	Step    string `json:"step,omitempty"`
	// WaitsFor is [WaitsForAnswer], [WaitsForMeasurements] or [WaitsForSoak].
	WaitsFor string `json:"waits_for"`
	Since    Time   `json:"since"`
	// Until is when the wait ends at the latest, and OnTimeout the decision at that time. A hook
	// that soaks has no OnTimeout: it decides by what it knows already.
	Until     Time   `json:"until,omitzero"`
	OnTimeout string `json:"on_timeout,omitempty"`
	Enforced  bool   `json:"enforced,omitempty"`
	// Observes reports that the hook only records what it decides ("enforce": false), so the run
	// does not wait for it.
	Observes bool `json:"observes,omitempty"`
}

// An OpenLock is a lock that a run waits for. Step, Job, Release, Title and OnTimeout are
// absent in locks of runs that an earlier version began.
type OpenLock struct {
	Token   string `json:"token"`
	URL     string `json:"url,omitempty"`
	Webhook string `json:"webhook"`
	Event   string `json:"event"`
	// Step is the step at whose event the lock was made, in a release.
	Step string `json:"step,omitempty"`
	// Job or Release is the id of the run's job or release, and Title its title.
	Job     string `json:"job,omitempty"`
	Release string `json:"release,omitempty"`
	Title   string `json:"title,omitempty"`
	Since   Time   `json:"since"`
	// Until is when the lock times out. It is absent if the lock waits for ever.
	Until Time `json:"until,omitzero"`
	// OnTimeout is the decision of the timeout: continue, stop or rollback. It is absent if the
	// lock waits for ever.
	OnTimeout string `json:"on_timeout,omitempty"`
	// Extensions are the same as in the lock's record, without their reasons.
	Extensions []Extension `json:"extensions,omitempty"`
	// Escalates says when more people may vote. Escalated is set instead once they may.
	Escalates *Escalated `json:"escalates,omitempty"`
	Escalated *Escalated `json:"escalated,omitempty"`
	// Enforced reports that the lock belongs to an enforced registered webhook.
	Enforced bool `json:"enforced,omitempty"`
	// Digest is the same as in the lock's record.
	Digest string `json:"digest,omitempty"`
	// Approvals are the votes about a lock with approvals, without their reasons. Missing is what
	// they still need.
	Approvals []Vote            `json:"approvals,omitempty"`
	Missing   []MissingApproval `json:"missing,omitempty"`
	// Excluded is the person who may not vote, because they started the run.
	Excluded string `json:"excluded,omitempty"`
	// AllowUnproven reports that votes count whose sender's name nobody has proven.
	AllowUnproven bool `json:"allow_unproven,omitempty"`
	// Form is the lock's form, which the query [QueryStatus] alone has.
	Form json.RawMessage `json:"form,omitempty"`
}

// A Rejected is a signal that was refused, with the reason.
type Rejected struct {
	Name  string `json:"name"`
	Error string `json:"error"`
	At    Time   `json:"at"`
}
