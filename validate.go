package latch

import (
	"mime"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A scope is where webhooks stand; it decides what their hooks may do.
type scope int

const (
	inJob scope = iota
	inRelease
	inEmission
	inGate
	inRegistry
)

// secretName is the contract's rule for names of secrets ("Secrets by name").
const secretName = `^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$`

// hostName is a name of a host, or an IP address.
var hostName = regexp.MustCompile(`^([A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$`)

// headerName is RFC 9110's token.
var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

var (
	// transportHeaders are set by HTTP itself or by content_type.
	transportHeaders = []string{"Content-Length", "Content-Type", "Transfer-Encoding", "Connection", "Host"}
	// webhookHeaders are set by Latch too, on webhooks.
	webhookHeaders = append([]string{"Webhook-Id", "Webhook-Timestamp", "Webhook-Signature", "X-Latch-Lock"}, transportHeaders...)
)

func validateWebhooks(problems *Problems, path string, webhooks []Webhook, where scope) {
	if len(webhooks) > maximumWebhooks {
		problems.Addf(path, "there are %d; at most %d are taken", len(webhooks), maximumWebhooks)
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

// validateWebhookID tells whether there is an id.
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
	w.validateTarget(problems, path)
	w.validateSecrets(problems, path)
	w.validatePreset(problems, path)
	w.validateCloudEvents(problems, path)
	w.Redact.validate(problems, field(path, "redact"))
	checkDuration(problems, field(path, "timeout"), w.Timeout)
	w.Retry.validate(problems, field(path, "retry"), takesSchedule)
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
		if event := w.Events[i].Event; event != "" && seen[event] {
			problems.Addf(field(at, "event"), "%s stands twice in webhook %q", event, w.ID)
		}
		seen[w.Events[i].Event] = true
	}
	w.validateBody(problems, path)
}

func (w *Webhook) validateTarget(problems *Problems, path string) {
	switch {
	case w.URL != "" && w.URLSecret != "":
		problems.Addf(field(path, "url_secret"), "give either url or url_secret, not both")
	case !w.HasURL() && !w.onlyBlocks():
		problems.Addf(field(path, "url"), "required, unless every event of the webhook is blocking: then only a lock is made, for a person to remove")
	case w.URL != "":
		checkURL(problems, field(path, "url"), w.URL)
	}
	if w.Success != "" && !w.HasURL() {
		problems.Addf(field(path, "success"), "needs url or url_secret: without a request there is no response")
	}
	oneOf(problems, field(path, "method"), w.Method, "POST", "GET")
	if w.ContentType != "" && checkMediaType(problems, field(path, "content_type"), w.ContentType) && w.bodyKind() == "" {
		problems.Addf(field(path, "content_type"), "%q is none of application/json (or …+json), application/x-www-form-urlencoded, text/plain", w.ContentType)
	}
	checkCharset(problems, field(path, "content_type"), w.ContentType)
	validateHeaders(problems, field(path, "headers"), w.Headers, webhookHeaders)
}

func (w *Webhook) onlyBlocks() bool {
	return len(w.Events) > 0 && !slices.ContainsFunc(w.Events, func(e Event) bool { return !e.Blocking })
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
		if other := taken[textproto.CanonicalMIMEHeaderKey(w.SecretHeaderOrDefault())]; other != "" {
			problems.Addf(field(path, "secret_header"), "%s stands in %s too", w.SecretHeaderOrDefault(), other)
		}
		taken[textproto.CanonicalMIMEHeaderKey(w.SecretHeaderOrDefault())] = "secret_header"
	}
	for _, name := range sortedKeys(w.HeaderSecrets) {
		at := field(field(path, "header_secrets"), name)
		checkHeaderName(problems, at, name, webhookHeaders)
		if other := taken[textproto.CanonicalMIMEHeaderKey(name)]; other != "" {
			problems.Addf(at, "%s stands in %s too", name, other)
		}
		if w.HeaderSecrets[name] == "" {
			problems.Addf(at, "required: the name of a secret")
		}
		checkSecretName(problems, at, w.HeaderSecrets[name])
	}
	headersIn(taken, "header_secrets", w.HeaderSecrets)
	w.Auth.validate(problems, field(path, "auth"), taken)
	w.TLS.validate(problems, field(path, "tls"), w.URL)
}

// bodyKind gives "json", "form" or "text", and "" for a media type that a
// webhook cannot send.
func (w *Webhook) bodyKind() string {
	mediaType, _, err := mime.ParseMediaType(w.ContentTypeOrDefault())
	switch {
	case err != nil:
		return ""
	case mediaType == "application/json", strings.HasPrefix(mediaType, "application/") && strings.HasSuffix(mediaType, "+json"):
		return "json"
	case mediaType == "application/x-www-form-urlencoded":
		return "form"
	case mediaType == "text/plain":
		return "text"
	default:
		return ""
	}
}

func (w *Webhook) validateBody(problems *Problems, path string) {
	if !w.HasURL() {
		return
	}
	get := w.MethodOrDefault() == "GET"
	if get && hasValue(w.Body) {
		problems.Addf(field(path, "body"), "a GET request has no body")
	}
	needsBody := !get && (w.bodyKind() == "form" || w.bodyKind() == "text")
	if w.Event != "" && needsBody && !hasValue(w.Body) {
		problems.Addf(field(path, "body"), "required with content_type %s", w.ContentType)
	}
	for i, settings := range w.Events {
		at := field(element(field(path, "events"), i), "body")
		switch {
		case get && hasValue(settings.Body):
			problems.Addf(at, "a GET request has no body")
		case needsBody && w.BodyFor(settings) == nil:
			problems.Addf(at, "required, here or at the webhook, with content_type %s", w.ContentType)
		}
	}
}

func (e *Event) validate(problems *Problems, path string, where scope) {
	if e.Event == "" {
		problems.Addf(field(path, "event"), "required: the name of an event, such as BEFORE_RELEASE")
	} else if wrong := checkEventName(e.Event); wrong != "" {
		problems.Addf(field(path, "event"), "%s", wrong)
	} else {
		e.validateAbilities(problems, path, where)
	}
	checkDuration(problems, field(path, "lock_timeout"), e.LockTimeout)
	checkDuration(problems, field(path, "answer_timeout"), e.AnswerTimeout)
	if where == inRegistry && isJobEvent(e.Event) {
		where = inJob
	}
	e.validatePolicy(problems, field(path, "on_timeout"), e.OnTimeout, where)
	e.validatePolicy(problems, field(path, "on_error"), e.OnError, where)
}

// validateAbilities holds hooks to where they may block and decide.
func (e *Event) validateAbilities(problems *Problems, path string, where scope) {
	if e.Blocking && !EventMayBlock(e.Event) {
		problems.Addf(field(path, "blocking"), "a hook cannot block at %s; it can at JOB_START, BEFORE_RELEASE, BEFORE_STEP, AFTER_STEP, BEFORE_RELEASE_COMPLETE and custom events", e.Event)
	}
	mayDecide := EventDecides(e.Event) || (where == inGate || where == inRegistry) && !IsBuiltInEvent(e.Event)
	for _, expression := range []struct{ key, source string }{{"stop_release", e.StopRelease}, {"rollback_release", e.RollbackRelease}} {
		if expression.source != "" && !mayDecide {
			problems.Addf(field(path, expression.key), "%s decides no release; only BEFORE_RELEASE, BEFORE_STEP, AFTER_STEP and BEFORE_RELEASE_COMPLETE do", e.Event)
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

// checkURL looks at what of a URL's template is fixed: scheme and host.
func checkURL(problems *Problems, path, template string) {
	fixed, _, templated := strings.Cut(strings.ReplaceAll(template, "$${", "__"), "${")
	if templated && fixed == "" {
		return
	}
	scheme, rest, found := strings.Cut(fixed, "://")
	if !found || !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		problems.Addf(path, "%q must begin with http:// or https://", hideUserinfo(fixed))
		return
	}
	end := strings.IndexAny(rest, "/?#")
	authority := rest
	if end >= 0 {
		authority = rest[:end]
	}
	switch {
	case strings.Contains(authority, "@"):
		problems.Addf(path, "has credentials before the host; give them by header_secrets instead")
	case templated && end < 0:
		// An expression in the host is the template compiler's to report.
	case authority == "":
		problems.Addf(path, "%q has no host", fixed)
	default:
		parsed, err := url.Parse(fixed)
		switch {
		case err != nil:
			problems.Addf(path, "%q is no URL: %v", fixed, unwrapURL(err))
		case parsed.Hostname() == "":
			problems.Addf(path, "%q has no host", fixed)
		case !isPort(parsed.Port()):
			problems.Addf(path, "%q has no port between 1 and 65535", fixed)
		}
	}
}

// isPort tells whether the text can be a URL's port; none is the scheme's own.
func isPort(text string) bool {
	if text == "" {
		return true
	}
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}

// hideUserinfo keeps what may be credentials out of a message.
func hideUserinfo(text string) string {
	if at := strings.LastIndex(text, "@"); at >= 0 {
		return "…" + text[at:]
	}
	return text
}

func unwrapURL(err error) error {
	if wrapped, ok := err.(*url.Error); ok {
		return wrapped.Err
	}
	return err
}

func checkMediaType(problems *Problems, path, value string) bool {
	if _, _, err := mime.ParseMediaType(value); err != nil {
		problems.Addf(path, "%q is no media type such as application/json: %v", value, err)
		return false
	}
	return true
}

// checkCharset refuses to announce another encoding than the one that bodies
// are sent in.
func checkCharset(problems *Problems, path, contentType string) {
	_, parameters, err := mime.ParseMediaType(contentType)
	if charset := parameters["charset"]; err == nil && charset != "" && !strings.EqualFold(charset, "utf-8") && !strings.EqualFold(charset, "us-ascii") {
		problems.Addf(path, "charset %q: bodies are sent in UTF-8", charset)
	}
}

func validateHeaders(problems *Problems, path string, headers map[string]string, reserved []string) {
	seen := map[string]string{}
	for _, name := range sortedKeys(headers) {
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		if other := seen[canonical]; other != "" {
			problems.Addf(field(path, name), "the same header as %s", other)
		}
		seen[canonical] = name
		checkHeaderName(problems, field(path, name), name, reserved)
		if strings.ContainsAny(headers[name], "\r\n\x00") {
			problems.Addf(field(path, name), "a header's value has no line breaks")
		}
	}
}

func checkHeaderName(problems *Problems, path, name string, reserved []string) {
	if !headerName.MatchString(name) {
		problems.Addf(path, "%q is no name of an HTTP header", name)
		return
	}
	if canonical := textproto.CanonicalMIMEHeaderKey(name); slices.Contains(reserved, canonical) {
		hint := "Latch sets it"
		if canonical == "Content-Type" {
			hint = "give content_type instead"
		}
		problems.Addf(path, "%s cannot be set here: %s", name, hint)
	}
}

func checkSecretName(problems *Problems, path, name string) {
	if name != "" && !IsSecretName(name) {
		problems.Addf(path, "not the name of a secret: a name matches %s, and stands for a value that the worker holds", secretName)
	}
}

// IsSecretName tells whether the text can be the name of a secret. It is asked
// for every attempt of a delivery, where a pattern would cost as much as what
// is looked up.
func IsSecretName(name string) bool {
	complete := false // the part that began the text, or that follows a full stop
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
			complete = true
		case (c == '-' || c == '_') && i > 0:
			complete = true
		case c == '.' && complete:
			complete = false
		default:
			return false
		}
	}
	return complete
}

func requireID(problems *Problems, path, id string) bool {
	switch {
	case id == "":
		problems.Addf(path, "required")
		return false
	case len(id) > maximumNameLength:
		problems.Addf(path, "an id has at most %d bytes, this one %d", maximumNameLength, len(id))
	case !utf8.ValidString(id) || strings.ContainsFunc(id, unicode.IsControl):
		problems.Addf(path, "%q has control characters", id)
	}
	return true
}

func requireText(problems *Problems, path, text string) bool {
	if text == "" {
		problems.Addf(path, "required")
	}
	return text != ""
}

// maximumDuration keeps sums of durations within what Temporal takes.
const maximumDuration = Duration(10 * 365 * 24 * time.Hour)

// maximumObject bounds vars, instance and data, in bytes as JSON: every
// webhook is told of them.
const maximumObject = 128 << 10

func boundObject(problems *Problems, path string, object Object) {
	size := 0
	for key, value := range object {
		size += len(key) + len(value) + len(`"":,`)
	}
	if size > maximumObject {
		problems.Addf(path, "has %d bytes; at most %d are taken", size, maximumObject)
	}
}

// boundName bounds the name of a type or a task queue as Temporal does.
func boundName(problems *Problems, path, name string) {
	switch {
	case len(name) > maximumTemporalName:
		problems.Addf(path, "has %d bytes; Temporal takes at most %d", len(name), maximumTemporalName)
	case strings.HasPrefix(name, "/_sys/"):
		problems.Addf(path, "%q: names that begin with /_sys/ are Temporal's own", name)
	}
}

// maximumTemporalName is Temporal's limit for names, in bytes.
const maximumTemporalName = 1000

// maximumWebhooks bounds the webhooks of one run.
const maximumWebhooks = 1000

func checkDuration(problems *Problems, path string, duration Duration) {
	switch {
	case duration < 0:
		problems.Addf(path, "must not be negative, not %s", duration)
	case duration > maximumDuration:
		problems.Addf(path, "must be at most %s (ten years), not %s", maximumDuration, duration)
	}
}

// oneOf admits an absent value or one of those given.
func oneOf(problems *Problems, path, value string, allowed ...string) {
	if value != "" && !slices.Contains(allowed, value) {
		problems.Addf(path, "%q is none of %s", value, strings.Join(allowed, ", "))
	}
}

func orNothing(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
