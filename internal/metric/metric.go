package metric

import "github.com/latch-run/latch"

// Names of the metrics, as a client.MetricsHandler takes them. On the page that
// Prometheus scrapes, a counter's name ends with _total and a timer's with
// _seconds; see [Metric.Exposed].
const (
	Deliveries      = "latch_deliveries"
	AttemptDuration = "latch_delivery_attempt_duration"
	Decisions       = "latch_decisions"
	LockWait        = "latch_lock_wait"
	JobRunsSkipped  = "latch_job_runs_skipped"
	JobRunsMissed   = "latch_job_runs_missed"

	OpenLocks     = "latch_open_locks"
	OldestLockAge = "latch_open_lock_oldest_age_seconds"
	Endpoints     = "latch_endpoints"
	// WebhookEndpoint is the state that all workers share.
	WebhookEndpoint = "latch_webhook_endpoint"

	RequestDuration = "latch_http_request_duration"
	RequestsShed    = "latch_http_requests_shed"
	BatchDuration   = "latch_event_batch_duration"
	EventsTaken     = "latch_events_taken"
	EventsWaiting   = "latch_events_waiting"

	AuditEntries = "latch_audit_entries"
	AuditLost    = "latch_audit_entries_lost"

	BuildInfo = "latch_build_info"
)

// A Kind is how a metric counts.
type Kind string

// The kinds. A timer is a histogram of seconds.
const (
	Counter Kind = "counter"
	Gauge   Kind = "gauge"
	Timer   Kind = "histogram"
)

// A Metric is one row of the catalogue.
type Metric struct {
	Name   string
	Kind   Kind
	Labels []string
	// Help says what is counted, for the metrics page and the documents.
	Help string
	// Long reports that a timer measures waits of hours and days, and not calls.
	Long bool
	// Worker and API say which program has it.
	Worker, API bool
}

var all = []Metric{
	{Name: Deliveries, Kind: Counter, Labels: []string{"event", "outcome"}, Worker: true,
		Help: "Deliveries that are settled, by outcome: delivered, failed (given up), gone (410) or withdrawn (its registered webhook was removed or disabled)."},
	{Name: AttemptDuration, Kind: Timer, Labels: []string{"event", "outcome", "status"}, Worker: true,
		Help: "Attempts at deliveries, by outcome (delivered, retried or failed) and class of status (2xx to 5xx, none without an answer)."},
	{Name: Decisions, Kind: Counter, Labels: []string{"by", "decision", "event"}, Worker: true,
		Help: "Decisions of gates, by decision (continue, stop or rollback) and whether the event's webhooks or a person decided."},
	{Name: LockWait, Kind: Timer, Labels: []string{"event", "via"}, Long: true, Worker: true,
		Help: "How long locks were waited for, by what ended the wait."},
	{Name: JobRunsSkipped, Kind: Counter, Labels: []string{"job_id"}, Worker: true,
		Help: "Runs of registered jobs that were skipped, since an earlier one was under way."},
	{Name: JobRunsMissed, Kind: Counter, Labels: []string{"job_id"}, Worker: true,
		Help: "Runs of registered jobs that were missed, since their time had passed by more than catchup allows."},
	{Name: OpenLocks, Kind: Gauge, Worker: true,
		Help: "Locks that runs of the namespace wait for. Every worker shows all of them: take the maximum, not the sum."},
	{Name: OldestLockAge, Kind: Gauge, Worker: true,
		Help: "How long the oldest open lock of the namespace has been waited for; 0 without open locks."},
	{Name: Endpoints, Kind: Gauge, Labels: []string{"state"}, Worker: true,
		Help: "Endpoints that this worker has called, by state: answering, or silent where the last 50 attempts or more got no answer."},
	{Name: WebhookEndpoint, Kind: Gauge, Labels: []string{"state", "webhook"}, Worker: true,
		Help: "Endpoints of the task queue's registered webhooks with health: 1 for the state (healthy, failing or disabled) that each is in, 0 for the others. Every worker shows all of them: take the maximum, not the sum."},
	{Name: RequestDuration, Kind: Timer, Labels: []string{"code", "method", "route"}, API: true,
		Help: "Requests to the HTTP API and the console, by route and status."},
	{Name: RequestsShed, Kind: Counter, Labels: []string{"load"}, API: true,
		Help: "Requests that were refused at once with 503, since too many were under way (LATCH_API_CALLS), by load: call, urgent, wait or event."},
	{Name: BatchDuration, Kind: Timer, Labels: []string{"outcome"}, API: true,
		Help: "Starts of the runs that fire events, each for one event or a batch, by outcome: ok or error."},
	{Name: EventsTaken, Kind: Counter, API: true,
		Help: "Events that such runs were started for; by the starts, that is the size of a batch."},
	{Name: EventsWaiting, Kind: Gauge, API: true,
		Help: "Events that wait for the start of their run."},
	{Name: AuditEntries, Kind: Counter, Labels: []string{"action", "outcome", "via"}, API: true,
		Help: "Entries of the audit: what callers did or were refused, refusals that are alike counted as one each minute."},
	{Name: AuditLost, Kind: Counter, API: true,
		Help: "Entries that Temporal did not take, so that the log alone has them."},
	{Name: BuildInfo, Kind: Gauge, Labels: []string{"commit", "program", "version"}, Worker: true, API: true,
		Help: "Always 1, for the program, its version and the commit that it was built from."},
}

// All returns Latch's own metrics, in the order of the documents.
func All() []Metric { return all }

// Find returns the metric of a name as a client.MetricsHandler takes it.
func Find(name string) (Metric, bool) {
	for _, each := range all {
		if each.Name == name {
			return each, true
		}
	}
	return Metric{}, false
}

// Exposed returns the metric's name as Prometheus scrapes it. Those of a
// histogram's series end with _bucket, _sum and _count besides.
func (m Metric) Exposed() string {
	switch m.Kind {
	case Counter:
		return m.Name + "_total"
	case Timer:
		return m.Name + "_seconds"
	default:
		return m.Name
	}
}

// customEvent stands for all events whose names users have made up: a label has
// a bounded number of values.
const customEvent = "custom"

// Event returns the value of the label event for an event.
func Event(name string) string {
	if latch.IsBuiltInEvent(name) {
		return name
	}
	return customEvent
}

// StatusClass returns the value of the label status for an HTTP status; 0 is no
// answer.
func StatusClass(status int) string {
	if status < 100 || status > 599 {
		return "none"
	}
	return string(rune('0'+status/100)) + "xx"
}

// Labels returns the tags of a value from alternating names and values.
func Labels(pairs ...string) map[string]string {
	tags := make(map[string]string, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		tags[pairs[i]] = pairs[i+1]
	}
	return tags
}
