package latch

import (
	"cmp"
	"encoding/json"
	"mime"
	"net/textproto"
	"slices"
	"strings"
)

// webhookMethods are the methods of webhooks. All except GET have a body.
var webhookMethods = []string{"POST", "PUT", "PATCH", "DELETE", "GET"}

func validateWebhooks(problems *Problems, path string, webhooks []Webhook, where scope) {
	if len(webhooks) > maximumWebhooks {
		problems.Addf(path, "there are %d; the limit is %d", len(webhooks), maximumWebhooks)
		return
	}
	seen := map[string]bool{}
	for i := range webhooks {
		webhook, at := &webhooks[i], element(path, i)
		if validateWebhookID(problems, field(at, "id"), webhook.ID) {
			if seen[webhook.ID] {
				problems.Addf(field(at, "id"), "duplicate webhook id %q", webhook.ID)
			}
			seen[webhook.ID] = true
		}
		webhook.validate(problems, at, where)
	}
}

// validateWebhookID reports whether the webhook has an id.
func validateWebhookID(problems *Problems, path, id string) bool {
	if !requireID(problems, path, id) {
		return false
	}
	if strings.Contains(id, ":") {
		problems.Addf(path, "%q has a colon, which separates the parts of a lock", id)
	}
	return true
}

func (w *Webhook) validate(problems *Problems, path string, where scope) {
	one := w.checkOneTarget(problems, path)
	w.validateWork(problems, path)
	if w.Analysis != nil {
		w.Analysis.validate(problems, field(path, "analysis"))
	}
	switch {
	case one && w.Work() != "":
		w.validateOnlyWork(problems, path)
	case one && w.Analysis != nil:
		w.validateAnalysis(problems, path)
	default:
		w.validateSent(problems, path)
	}
	w.validateSoak(problems, path)
	w.Redact.validate(problems, field(path, "redact"))
	checkDuration(problems, field(path, "timeout"), w.Timeout)
	w.Retry.validate(problems, field(path, "retry"), takesSchedule)
	w.Retry.checkSuccess(problems, field(path, "retry"), w.Success)
	switch {
	case w.Event == "" && len(w.Events) == 0:
		problems.Addf(field(path, "events"), "required: at least one event, here or as event")
	case w.Event != "" && len(w.Events) > 0:
		problems.Addf(field(path, "event"), "give either event or events, not both")
	}
	if w.Event != "" {
		if wrong := checkEventName(w.Event); wrong != "" {
			problems.Addf(field(path, "event"), "%s", wrong)
		}
	}
	seen := map[string]bool{}
	for i := range w.Events {
		at := element(field(path, "events"), i)
		w.Events[i].validate(problems, at, where)
		w.Events[i].validateWait(problems, at, w.Analysis != nil && w.Analysis.AsksPerson())
		if event := w.Events[i].Event; event != "" && seen[event] {
			problems.Addf(field(at, "event"), "%s is given twice in webhook %q", event, w.ID)
		}
		seen[w.Events[i].Event] = true
	}
	w.validateBody(problems, path)
}

// validateSent looks at what is about requests, in a webhook whose hooks send them or
// only make locks.
func (w *Webhook) validateSent(problems *Problems, path string) {
	w.validateTarget(problems, path)
	w.validateSecrets(problems, path)
	w.TLS.validate(problems, field(path, "tls"), w.URL)
	w.validatePreset(problems, path)
	w.validateCloudEvents(problems, path)
	oneOf(problems, field(path, "path"), w.Path, PathVolley, PathDurable)
	w.validateRate(problems, field(path, "rate"))
	w.Poll.validate(problems, field(path, "poll"))
	if w.Poll != nil && !w.HasURL() {
		problems.Addf(field(path, "poll"), "needs url or url_secret: without a request there is no answer")
	}
}

// ValidateRequest returns all problems of the webhook's method, its headers, and its
// authentication. It is for callers that send a webhook that may not have passed admission, and
// that find the other problems while sending.
func (w *Webhook) ValidateRequest() Problems {
	var problems Problems
	w.validateMethod(&problems, "")
	w.validateSecrets(&problems, "")
	return problems
}

// validateMethod checks the method and the headers.
func (w *Webhook) validateMethod(problems *Problems, path string) {
	oneOf(problems, field(path, "method"), w.Method, webhookMethods...)
	validateHeaders(problems, field(path, "headers"), w.Headers, webhookHeaders)
}

func (w *Webhook) validateTarget(problems *Problems, path string) {
	switch {
	case w.URL != "" && w.URLSecret != "":
		problems.Addf(field(path, "url_secret"), "give either url or url_secret, not both")
	case !w.HasURL() && !w.onlyHolds():
		problems.Addf(field(path, "url"), "required, unless every event of the webhook is blocking: then only a lock is made, for a person to remove")
	case w.URL != "":
		checkURL(problems, field(path, "url"), w.URL)
	}
	if w.Success != "" && !w.HasURL() {
		problems.Addf(field(path, "success"), "needs url or url_secret: without a request there is no response")
	}
	if w.Ordered && !w.HasURL() {
		problems.Addf(field(path, "ordered"), "needs url or url_secret: without a request there is nothing to send in order")
	}
	if w.ContentType != "" && checkMediaType(problems, field(path, "content_type"), w.ContentType) && w.bodyKind() == BodyUnknown {
		problems.Addf(field(path, "content_type"), "%q is not a type of text; give application/json (or …+json), application/x-www-form-urlencoded, or one such as text/plain, application/xml", w.ContentType)
	}
	checkCharset(problems, field(path, "content_type"), w.ContentType)
	w.validateMethod(problems, path)
}

// onlyHolds reports whether each hook has something to do without a request: to make a lock, or
// to wait.
func (w *Webhook) onlyHolds() bool {
	settings := w.EventSettings()
	return len(settings) > 0 && !slices.ContainsFunc(settings, func(e Event) bool { return !e.Blocking && w.completed(e).Soak == 0 })
}

// validateSoak refuses to soak at events that cannot be held.
func (w *Webhook) validateSoak(problems *Problems, path string) {
	checkDuration(problems, field(path, "soak"), w.Soak)
	for i, settings := range w.EventSettings() {
		at := field(path, "soak")
		if settings.Soak != 0 {
			at = field(element(field(path, "events"), i), "soak")
			checkDuration(problems, at, settings.Soak)
		}
		switch soak := w.completed(settings).Soak; {
		case soak == 0:
		case IsBuiltInEvent(settings.Event) && !EventMayBlock(settings.Event):
			problems.Addf(at, "%s: at %s nothing can be held", soak, settings.Event)
		case !settings.IsActedOn():
			problems.Addf(at, "%s, and enforce false: what only records holds nothing; leave out one of them", soak)
		}
	}
}

func (w *Webhook) validateSecrets(problems *Problems, path string) {
	checkSecretName(problems, field(path, "url_secret"), w.URLSecret)
	checkSecretName(problems, field(path, "secret"), w.Secret)
	if w.SecretHeader != "" {
		checkHeaderName(problems, field(path, "secret_header"), w.SecretHeader, webhookHeaders)
	}
	taken := map[string]string{}
	for _, name := range sortedKeys(w.Headers) {
		taken[textproto.CanonicalMIMEHeaderKey(name)] = "headers"
	}
	if w.Secret != "" && w.SendsSecret() {
		sent := cmp.Or(w.SecretHeader, webhookDefaults.SecretHeader)
		if other := taken[textproto.CanonicalMIMEHeaderKey(sent)]; other != "" {
			problems.Addf(field(path, "secret_header"), "%s stands in %s too", sent, other)
		}
		taken[textproto.CanonicalMIMEHeaderKey(sent)] = "secret_header"
	}
	validateHeaderSecrets(problems, field(path, "header_secrets"), w.HeaderSecrets, taken, webhookHeaders)
	w.Auth.validate(problems, field(path, "auth"), taken)
}

// validateHeaderSecrets checks headers whose values are secrets. It adds them to taken, which
// maps headers to the field that contains each.
func validateHeaderSecrets(problems *Problems, path string, headers, taken map[string]string, reserved []string) {
	for _, name := range sortedKeys(headers) {
		at, canonical := field(path, name), textproto.CanonicalMIMEHeaderKey(name)
		checkHeaderName(problems, at, name, reserved)
		if other := taken[canonical]; other != "" {
			problems.Addf(at, "%s stands in %s too", name, other)
		}
		taken[canonical] = "header_secrets"
		requireSecretName(problems, at, headers[name])
	}
}

// bodyKind returns the kind of the webhook's bodies.
func (w *Webhook) bodyKind() BodyKind { return BodyKindOf(w.ContentType) }

func (w *Webhook) validateBody(problems *Problems, path string) {
	if !w.HasURL() {
		return
	}
	if w.Event != "" && w.needsBody() && !hasValue(w.Body) {
		problems.Addf(field(path, "body"), "required with content_type %s", w.ContentType)
	}
	w.checkBody(problems, field(path, "body"), w.Body)
	for i, settings := range w.Events {
		at := field(element(field(path, "events"), i), "body")
		if w.needsBody() && w.BodyFor(settings) == nil {
			problems.Addf(at, "required, here or at the webhook, with content_type %s", w.ContentType)
		}
		w.checkBody(problems, at, settings.Body)
	}
}

// method returns the webhook's method.
func (w *Webhook) method() string { return cmp.Or(w.Method, webhookDefaults.Method) }

// needsBody reports whether there is no default body, because that one is JSON.
func (w *Webhook) needsBody() bool {
	kind := w.bodyKind()
	return w.method() != "GET" && (kind == BodyForm || kind == BodyText || kind == BodyMarkup)
}

// checkBody checks a given body against the method and the content type. JSON can be sent as
// JSON, as a form and as text/plain.
func (w *Webhook) checkBody(problems *Problems, path string, body json.RawMessage) {
	kind := w.bodyKind()
	switch {
	case !hasValue(body):
	case w.method() == "GET":
		problems.Addf(path, "a GET request has no body")
	case (kind == BodyText || kind == BodyMarkup) && !isString(body) && !isPlainText(w.ContentType):
		problems.Addf(path, "must be text (a JSON string) with content_type %s, not %s", w.ContentType, abbreviate(body))
	}
}

func isPlainText(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	return err == nil && mediaType == "text/plain"
}

func (e *Event) validate(problems *Problems, path string, where scope) {
	if e.Event == "" {
		problems.Addf(field(path, "event"), "required: the name of an event, such as BEFORE_RELEASE")
	} else if wrong := checkEventName(e.Event); wrong != "" {
		problems.Addf(field(path, "event"), "%s", wrong)
	} else {
		e.validateAbilities(problems, path, where)
	}
	e.validateApprovals(problems, path)
	checkDuration(problems, field(path, "lock_timeout"), e.LockTimeout)
	checkDuration(problems, field(path, "answer_timeout"), e.AnswerTimeout)
	if where == inRegistry && JobKind.fires(e.Event) && !IsOperatorEvent(e.Event) && !IsLockEvent(e.Event) {
		where = inJob
	}
	e.validatePolicy(problems, field(path, "on_timeout"), e.OnTimeout, where)
	e.validatePolicy(problems, field(path, "on_error"), e.OnError, where)
}

// validateAbilities checks that hooks block and decide only where they may.
func (e *Event) validateAbilities(problems *Problems, path string, where scope) {
	if e.Blocking && !EventMayBlock(e.Event) {
		problems.Addf(field(path, "blocking"), "a hook cannot block at %s; it can at %s and custom events", e.Event,
			strings.Join(eventNames(func(e BuiltInEvent) bool { return e.MayBlock }), ", "))
	}
	if !e.IsActedOn() {
		switch {
		case e.Blocking:
			problems.Addf(field(path, "enforce"), "false, and blocking true: a lock cannot be recorded without holding; leave out one of them")
		case IsBuiltInEvent(e.Event) && !EventDecides(e.Event):
			problems.Addf(field(path, "enforce"), "false has no meaning at %s, whose hooks decide nothing", e.Event)
		}
	}
	mayDecide := EventDecides(e.Event) || (where == inGate || where == inRegistry) && !IsBuiltInEvent(e.Event)
	for _, expression := range []struct{ key, source string }{{"stop_release", e.StopRelease}, {"rollback_release", e.RollbackRelease}} {
		if expression.source != "" && !mayDecide {
			problems.Addf(field(path, expression.key), "%s decides no release; only %s do", e.Event, enumerate(eventNames(func(e BuiltInEvent) bool { return e.Decides })))
		}
	}
}

func (e *Event) validatePolicy(problems *Problems, path, policy string, where scope) {
	if where == inJob && policy == Rollback {
		problems.Addf(path, "a job cannot be rolled back; give continue or stop")
		return
	}
	oneOf(problems, path, policy, Continue, Stop, Rollback)
}
