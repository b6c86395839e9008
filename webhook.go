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
	// URL is a template; URLSecret is the name of a secret that is the URL. A
	// webhook whose hooks all block may have neither: then a lock is made for a
	// person to remove.
	URL       string `json:"url,omitempty" latch:"template,url"`
	URLSecret string `json:"url_secret,omitempty" latch:"secret"`
	// Activity, Workflow and Nexus have hooks be work instead of requests: an activity,
	// a child workflow or a Nexus operation, in any language. It is given the body,
	// unless it has an input of its own, and what it returns counts as the answer.
	// At most one of them and URL is given.
	Activity *ActivityTask `json:"activity,omitempty"`
	Workflow *WorkflowTask `json:"workflow,omitempty"`
	Nexus    *NexusTask    `json:"nexus,omitempty"`
	// Analysis has hooks measure instead, and pass or not by what was measured.
	Analysis *Analysis `json:"analysis,omitempty"`
	// Poll has a request made again until its answer is final.
	Poll *Poll `json:"poll,omitempty"`
	// Soak is how long after its event a hook lets nothing pass; an event's own
	// replaces it.
	Soak Duration `json:"soak,omitempty"`
	// Method is POST (the default), PUT, PATCH, DELETE or GET; GET alone bears no
	// body.
	Method string `json:"method,omitempty" latch:"plain" unset:"POST"`
	// ContentType is application/json (the default) or …+json,
	// application/x-www-form-urlencoded, or any type of text, such as text/plain
	// or application/xml, with parameters. See [BodyKindOf].
	ContentType string            `json:"content_type,omitempty" latch:"media type" unset:"application/json"`
	Headers     map[string]string `json:"headers,omitempty" latch:"template,header"`
	// HeaderSecrets maps headers to the names of the secrets that are their values.
	HeaderSecrets map[string]string `json:"header_secrets,omitempty" latch:"secret"`
	// Body is a template, or JSON whose strings are templates; without it a
	// JSON body says all that Latch knows of the event. It goes out in UTF-8, numbers with
	// the digits they came in with. A JSON object becomes a form field by field:
	// strings as they are, null as nothing, what is nested as compact JSON.
	Body json.RawMessage `json:"body,omitempty" latch:"template,body"`
	// Preset is slack, discord or teams: the body is held to that chat's limits,
	// and its answers are read as it means them. See [PresetSlack].
	Preset string `json:"preset,omitempty" latch:"plain"`
	// CloudEvents is binary or structured: events go out in that mode of the
	// CloudEvents 1.0 HTTP binding. See [CloudEventsBinary].
	CloudEvents string `json:"cloudevents,omitempty" latch:"plain"`
	// Success is an expression over response {status, headers, body, data}: true
	// is delivered, whatever the status; false fails for good, unless the status
	// is tried again. Any 2xx is delivered unless given.
	Success string `json:"success,omitempty" latch:"expression,success"`
	// Enabled is true unless given.
	Enabled *bool `json:"enabled,omitempty" unset:"true"`
	// Secret names the secret that signs requests and, unless SendSecret is
	// false, goes into SecretHeader and the body's field "secret".
	Secret       string `json:"secret,omitempty" latch:"secret"`
	SecretHeader string `json:"secret_header,omitempty" latch:"plain" unset:"X-Latch-Secret"`
	SendSecret   *bool  `json:"send_secret,omitempty" unset:"true"`
	// Auth is how requests prove who sends them, beside the secret.
	Auth *Auth `json:"auth,omitempty"`
	// TLS has requests bear a client's certificate, or check the receiver's
	// otherwise.
	TLS *TLS `json:"tls,omitempty"`
	// Redact says what of answers no record keeps, beside what the worker hides.
	Redact *Redaction `json:"redact,omitempty"`
	// Timeout bounds the wait for an answer, once connected; 60s unless given.
	Timeout Duration `json:"timeout,omitempty" unset:"60s"`
	Retry   *Retry   `json:"retry,omitempty"`
	// Path is the way that first attempts take: see [PathVolley], which holds for
	// events that do not block unless durable is given.
	Path string `json:"path,omitempty" latch:"plain" unset:"volley"`
	// Ordered has each delivery of a run wait until the one before is settled:
	// delivered, given up, or kept for a dead endpoint.
	Ordered bool `json:"ordered,omitempty" unset:"false"`
	// Event is the short form of Events with one event of no settings.
	Event  string  `json:"event,omitempty" latch:"plain"`
	Events []Event `json:"events,omitempty"`
}

// An Event is a webhook's settings for one event.
type Event struct {
	Event string `json:"event" latch:"plain"`
	// Enabled is true unless given.
	Enabled *bool `json:"enabled,omitempty" unset:"true"`
	// Body replaces the webhook's body.
	Body json.RawMessage `json:"body,omitempty" latch:"template,body"`
	// When is an expression; false skips the hook.
	When string `json:"when,omitempty" latch:"expression,when"`
	// Blocking holds what fired the event until the hook's lock is removed.
	Blocking bool `json:"blocking,omitempty" unset:"false"`
	// LockTimeout bounds the wait for the removal; 0 waits for ever.
	LockTimeout Duration `json:"lock_timeout,omitempty" unset:"0s"`
	// AnswerTimeout bounds how long a hook that does not block may leave a
	// decision open; 90s unless given.
	AnswerTimeout Duration `json:"answer_timeout,omitempty" unset:"90s"`
	// Soak replaces the webhook's.
	Soak Duration `json:"soak,omitempty"`
	// Enforce is true unless given; false has the hook decide nothing: its record
	// says what it would have decided.
	Enforce *bool `json:"enforce,omitempty" unset:"true"`
	// OnTimeout says what a lock's timeout decides; stop unless given.
	OnTimeout string `json:"on_timeout,omitempty" latch:"plain" unset:"stop"`
	// OnError says what a failed delivery or expression decides; stop for a
	// hook that blocks or has expressions of its own, else continue.
	OnError string `json:"on_error,omitempty" latch:"plain"`
	// Result, StopRelease and RollbackRelease are expressions over the record.
	Result          string `json:"result,omitempty" latch:"expression,result"`
	StopRelease     string `json:"stop_release,omitempty" latch:"expression,stop_release"`
	RollbackRelease string `json:"rollback_release,omitempty" latch:"expression,rollback_release"`
}

// DefaultContentType is the type of bodies unless another is given.
const DefaultContentType = "application/json"

// The ways that the first attempt of a delivery may take.
const (
	// PathVolley has the first attempts of an event made together, within the
	// workflow task that fires it: they cost the run next to nothing.
	PathVolley = "volley"
	// PathDurable has each delivery made by an activity of its own, which Temporal
	// UI shows while it is under way.
	PathDurable = "durable"
)

// IsEnabled reports whether the webhook is sent at all.
func (w *Webhook) IsEnabled() bool { return w.Enabled == nil || *w.Enabled }

// SendsSecret reports whether the secret's value goes out, beside signing.
func (w *Webhook) SendsSecret() bool { return w.SendSecret == nil || *w.SendSecret }

// HasURL reports whether there is a URL to call. See [Webhook.HasTarget].
func (w *Webhook) HasURL() bool { return w.URL != "" || w.URLSecret != "" }

// EventSettings returns the webhook's events, whichever way they were written.
func (w *Webhook) EventSettings() []Event {
	if w.Event != "" {
		return []Event{{Event: w.Event}}
	}
	return w.Events
}

// On returns the settings for the event and whether the webhook listens to it:
// both it and its settings for the event must be enabled.
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

// completed returns the settings with what the webhook says for all of its events: how
// long its hooks soak, and that an analysis which has failed to measure lets nothing
// pass unless on_error says so.
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

// At returns the webhook as it is at the event: with the settings of that event
// alone, and with the body that goes out there, in place of the event's own.
func (w *Webhook) At(settings Event) Webhook {
	at := *w
	at.Body, at.Event = w.BodyFor(settings), ""
	settings.Body = nil
	at.Events = []Event{settings}
	return at
}

// IsEnabled reports whether the webhook listens to the event.
func (e *Event) IsEnabled() bool { return e.Enabled == nil || *e.Enabled }

// IsActedOn reports whether what the hook decides is acted on.
func (e *Event) IsActedOn() bool { return e.Enforce == nil || *e.Enforce }

// HasExpressions reports whether the hook has expressions of its own over its
// record.
func (e *Event) HasExpressions() bool {
	return e.Result != "" || e.StopRelease != "" || e.RollbackRelease != ""
}

func hasValue(raw json.RawMessage) bool { return !isAbsent(raw) }
