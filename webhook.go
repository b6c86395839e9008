package latch

import (
	"cmp"
	"encoding/json"
)

// A Webhook sends events to another system, and may hold the run that fired them
// (contract, "Webhook").
type Webhook struct {
	// ID is unique in its job or release and has no colon.
	ID string `json:"id" latch:"id"`
	// URL is a template. URLSecret is the name of a secret that contains the URL. Both may be
	// empty if all hooks of the webhook block: a person then removes the locks.
	URL       string `json:"url,omitempty" latch:"template,url"`
	URLSecret string `json:"url_secret,omitempty" latch:"secret"`
	// Activity, Workflow and Nexus make hooks work instead of requests: an activity, a child
	// workflow or a Nexus operation, in any language. The work gets the body, unless it has its
	// own input, and its result counts as the answer. At most one of them and URL may be set.
	Activity *ActivityTask `json:"activity,omitempty"`
	Workflow *WorkflowTask `json:"workflow,omitempty"`
	Nexus    *NexusTask    `json:"nexus,omitempty"`
	// Analysis makes hooks measure, and decide by the measurements.
	Analysis *Analysis `json:"analysis,omitempty"`
	// Poll has a request made again until its answer is final.
	Poll *Poll `json:"poll,omitempty"`
	// Soak is how long after its event a hook lets nothing pass. An event's own setting
	// replaces it.
	Soak Duration `json:"soak,omitempty"`
	// Method is POST (the default), PUT, PATCH, DELETE or GET. Only GET has no body.
	Method string `json:"method,omitempty" latch:"plain" unset:"POST"`
	// ContentType is application/json (the default) or …+json,
	// application/x-www-form-urlencoded, or any type of text, such as text/plain
	// or application/xml, with parameters. See [BodyKindOf].
	ContentType string            `json:"content_type,omitempty" latch:"media type" unset:"application/json"`
	Headers     map[string]string `json:"headers,omitempty" latch:"template,header"`
	// HeaderSecrets maps headers to the names of the secrets that are their values.
	HeaderSecrets map[string]string `json:"header_secrets,omitempty" latch:"secret"`
	// Body is a template, or JSON whose strings are templates. The default is a JSON body with
	// everything that Latch knows about the event. It is sent in UTF-8, and numbers keep their
	// digits. A JSON object becomes a form field by field: strings unchanged, null empty,
	// nested values as compact JSON.
	Body json.RawMessage `json:"body,omitempty" latch:"template,body"`
	// Preset is slack, discord or teams. The body must respect that chat's limits, and the
	// answers are interpreted by its rules. See [PresetSlack].
	Preset string `json:"preset,omitempty" latch:"plain"`
	// Interactive adds buttons to a chat's message about a lock: approve, reject, and a link to
	// the lock's page. It needs the preset slack or teams.
	Interactive bool `json:"interactive,omitempty" unset:"false"`
	// CloudEvents is binary or structured: events are sent in that mode of the CloudEvents 1.0
	// HTTP binding. See [CloudEventsBinary].
	CloudEvents string `json:"cloudevents,omitempty" latch:"plain"`
	// Success is an expression over response {status, headers, body, data}. True means
	// delivered, whatever the status; false fails permanently, unless the status is retried. By
	// default any 2xx is delivered.
	Success string `json:"success,omitempty" latch:"expression,success"`
	// Enabled is true by default.
	Enabled *bool `json:"enabled,omitempty" unset:"true"`
	// Secret names the secret that signs requests. Unless SendSecret is false, it is also sent
	// in SecretHeader and in the body's field "secret".
	Secret       string `json:"secret,omitempty" latch:"secret"`
	SecretHeader string `json:"secret_header,omitempty" latch:"plain" unset:"X-Latch-Secret"`
	SendSecret   *bool  `json:"send_secret,omitempty" unset:"true"`
	// Auth authenticates the sender of requests, in addition to the secret.
	Auth *Auth `json:"auth,omitempty"`
	// TLS sets a client's certificate for requests, or changes how the receiver's is checked.
	TLS *TLS `json:"tls,omitempty"`
	// Redact says which parts of answers no record keeps, in addition to those that the worker
	// hides.
	Redact *Redaction `json:"redact,omitempty"`
	// Timeout bounds the wait for an answer, once connected; 60s by default.
	Timeout Duration `json:"timeout,omitempty" unset:"60s"`
	Retry   *Retry   `json:"retry,omitempty"`
	// Path says how first attempts are made. [PathVolley] is the default for events that do not
	// block.
	Path string `json:"path,omitempty" latch:"plain" unset:"volley"`
	// Rate bounds the attempts per second, minute or hour ("20/s") across all workers.
	Rate string `json:"rate,omitempty" latch:"plain"`
	// Ordered makes each delivery of a run wait until the previous one is settled: delivered,
	// given up, or kept for a dead endpoint.
	Ordered bool `json:"ordered,omitempty" unset:"false"`
	// Event is the short form of Events with one event and no settings.
	Event  string  `json:"event,omitempty" latch:"plain"`
	Events []Event `json:"events,omitempty"`
}

// An Event is a webhook's settings for one event.
type Event struct {
	Event string `json:"event" latch:"plain"`
	// Enabled is true by default.
	Enabled *bool `json:"enabled,omitempty" unset:"true"`
	// Body replaces the webhook's body.
	Body json.RawMessage `json:"body,omitempty" latch:"template,body"`
	// When is an expression. If it is false, the hook is skipped.
	When string `json:"when,omitempty" latch:"expression,when"`
	// Blocking holds the run at the event until the hook's lock is removed.
	Blocking bool `json:"blocking,omitempty" unset:"false"`
	// Approvals makes the lock one that people decide by votes: all of these have to hold.
	Approvals []Approval `json:"approvals,omitempty"`
	// AllowSelf is true by default. If false, the person who started the run may not approve.
	AllowSelf *bool `json:"allow_self,omitempty" unset:"true"`
	// AllowUnproven also counts votes of people whose names nobody has proven.
	AllowUnproven bool `json:"allow_unproven,omitempty" unset:"false"`
	// Reject says how many rejections close the lock: [RejectAny], the default, or
	// [RejectQuorum].
	Reject string `json:"reject,omitempty" latch:"plain" unset:"any"`
	// Form is a JSON Schema to which the data of each approval conforms.
	Form json.RawMessage `json:"form,omitempty" latch:"form"`
	// Remind are the times after the lock was opened, ascending, at which LOCK_REMINDER fires
	// while it is open.
	Remind []Duration `json:"remind,omitempty"`
	// Escalate lets more people vote once the lock has been open for long.
	Escalate *Escalation `json:"escalate,omitempty"`
	// LockTimeout bounds the wait for the removal; 0 waits for ever.
	LockTimeout Duration `json:"lock_timeout,omitempty" unset:"0s"`
	// AnswerTimeout bounds how long a hook that does not block may delay a decision; 90s by
	// default.
	AnswerTimeout Duration `json:"answer_timeout,omitempty" unset:"90s"`
	// Soak replaces the webhook's.
	Soak Duration `json:"soak,omitempty"`
	// Enforce is true by default. If false, the hook decides nothing, and its record says what
	// it would have decided.
	Enforce *bool `json:"enforce,omitempty" unset:"true"`
	// OnTimeout is the decision when a lock times out; stop by default.
	OnTimeout string `json:"on_timeout,omitempty" latch:"plain" unset:"stop"`
	// OnError is the decision when a delivery or an expression fails. The default is stop for a
	// hook that blocks or has its own expressions, and otherwise continue.
	OnError string `json:"on_error,omitempty" latch:"plain"`
	// Result, StopRelease and RollbackRelease are expressions over the record.
	Result          string `json:"result,omitempty" latch:"expression,result"`
	StopRelease     string `json:"stop_release,omitempty" latch:"expression,stop_release"`
	RollbackRelease string `json:"rollback_release,omitempty" latch:"expression,rollback_release"`
}

// DefaultContentType is the default media type of bodies.
const DefaultContentType = "application/json"

// These are the ways to make the first attempt of a delivery.
const (
	// PathVolley makes the first attempts of an event together, within the workflow task that
	// fires it. They cost the run almost nothing.
	PathVolley = "volley"
	// PathDurable makes each delivery in its own activity, which Temporal UI shows while it is
	// in progress.
	PathDurable = "durable"
)

// IsEnabled reports whether the webhook is sent at all.
func (w *Webhook) IsEnabled() bool { return w.Enabled == nil || *w.Enabled }

// SendsSecret reports whether the secret's value is sent, in addition to signing.
func (w *Webhook) SendsSecret() bool { return w.SendSecret == nil || *w.SendSecret }

// HasURL reports whether there is a URL to call. See [Webhook.HasTarget].
func (w *Webhook) HasURL() bool { return w.URL != "" || w.URLSecret != "" }

// EventSettings returns the webhook's events, from either form.
func (w *Webhook) EventSettings() []Event {
	if w.Event != "" {
		return []Event{{Event: w.Event}}
	}
	return w.Events
}

// On returns the settings for the event and whether the webhook listens to it: both the webhook
// and its settings for the event must be enabled.
func (w *Webhook) On(event string) (Event, bool) {
	if w.IsEnabled() {
		for _, settings := range w.EventSettings() {
			if settings.Event == event && settings.IsEnabled() {
				return w.completed(settings), true
			}
		}
	}
	return Event{}, false
}

// completed returns the settings with the webhook's settings for all of its events: how long
// its hooks soak, and that an analysis that cannot measure lets nothing pass unless on_error
// says so.
func (w *Webhook) completed(settings Event) Event {
	settings.Soak = cmp.Or(settings.Soak, w.Soak)
	if w.Analysis != nil {
		settings.OnError = cmp.Or(settings.OnError, Stop)
	}
	return settings
}

// BodyFor returns the body at the event: the event's own, or the webhook's.
func (w *Webhook) BodyFor(settings Event) json.RawMessage {
	if hasValue(settings.Body) {
		return settings.Body
	}
	if hasValue(w.Body) {
		return w.Body
	}
	return nil
}

// At returns the webhook with only the settings of the event, and with the body that is sent at
// the event in place of the event's own.
func (w *Webhook) At(settings Event) Webhook {
	at := *w
	at.Body, at.Event = w.BodyFor(settings), ""
	settings.Body = nil
	at.Events = []Event{settings}
	return at
}

// IsEnabled reports whether the webhook listens to the event.
func (e *Event) IsEnabled() bool { return e.Enabled == nil || *e.Enabled }

// IsActedOn reports whether the hook's decision takes effect.
func (e *Event) IsActedOn() bool { return e.Enforce == nil || *e.Enforce }

// HasExpressions reports whether the hook has its own expressions over its record.
func (e *Event) HasExpressions() bool {
	return e.Result != "" || e.StopRelease != "" || e.RollbackRelease != ""
}

func hasValue(raw json.RawMessage) bool { return !isAbsent(raw) }
