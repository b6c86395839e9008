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

	"golang.org/x/net/http/httpguts"

	"github.com/latch-run/latch/internal/typo"
)

// A scope is the context of webhooks. It determines what their hooks may do.
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

// hostName matches the name of a host, or an IP address.
var hostName = regexp.MustCompile(`^([A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$`)

var (
	// transportHeaders are set by HTTP itself or by content_type, or are meant only for the
	// next hop, such as a proxy (RFC 9110, 7.6.1).
	transportHeaders = []string{"Content-Length", "Content-Type", "Host", "Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding",
		"Upgrade", "Http2-Settings", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection"}
	// webhookHeaders are the headers that Latch sets in addition on webhooks.
	webhookHeaders = append([]string{"Webhook-Id", "Webhook-Timestamp", "Webhook-Signature", "Webhook-Sequence", "Webhook-Previous-Id", "X-Latch-Lock"}, transportHeaders...)
)

// checkURL checks the fixed parts of a URL's template: scheme and host.
func checkURL(problems *Problems, path, template string) {
	fixed, _, templated := strings.Cut(strings.ReplaceAll(template, "$${", "__"), "${")
	if templated && fixed == "" {
		return
	}
	if !templated {
		fixed = strings.TrimRight(fixed, " \t\r\n") // a text block of YAML ends in one
	}
	if strings.ContainsFunc(fixed, unicode.IsControl) {
		problems.Addf(path, "%q has a line break or another control character, which must be percent-encoded", shownURL(fixed))
		return
	}
	if strings.Contains(template, hiddenCredential) {
		problems.Addf(path, "has %s where a credential was hidden when it was shown: give the value or, better, the name of its secret by header_secrets or url_secret", hiddenCredential)
		return
	}
	scheme, rest, found := strings.Cut(fixed, "://")
	if !found || !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		problems.Addf(path, "%q must begin with http:// or https://", shownURL(fixed))
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
		// The template compiler reports an expression in the host.
	case authority == "":
		problems.Addf(path, "%q has no host", shownURL(fixed))
	default:
		parsed, err := url.Parse(fixed)
		switch {
		case err != nil:
			problems.Addf(path, "%q is not a URL: %v", shownURL(fixed), unwrapURL(err))
		case parsed.Hostname() == "":
			problems.Addf(path, "%q has no host", shownURL(fixed))
		case !isPort(parsed.Port()):
			problems.Addf(path, "%q has no port between 1 and 65535", shownURL(fixed))
		}
	}
}

// isPort reports whether the text can be a URL's port. It may be empty.
func isPort(text string) bool {
	if text == "" {
		return true
	}
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}

// hiddenCredential is the text that replaces a credential when a URL is shown.
const hiddenCredential = "***"

// shownURL removes possible credentials from a URL for a message: everything before the host,
// and the query.
func shownURL(text string) string {
	if end := strings.IndexAny(text, "?#;"); end >= 0 {
		text = text[:end+1] + "…"
	}
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
		problems.Addf(path, "%q is not a media type such as application/json: %v", value, err)
		return false
	}
	return true
}

// checkCharset refuses a charset other than the one in which bodies are sent.
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
		if headers[name] == hiddenCredential {
			problems.Addf(field(path, name), "is %s, which stands where a credential was hidden when it was shown: give the value or, better, the name of its secret by header_secrets", hiddenCredential)
		}
		if strings.ContainsAny(headers[name], "\r\n\x00") {
			problems.Addf(field(path, name), "a header's value has no line breaks")
		}
	}
}

func checkHeaderName(problems *Problems, path, name string, reserved []string) {
	if !httpguts.ValidHeaderFieldName(name) {
		problems.Addf(path, "%q is not the name of an HTTP header", name)
		return
	}
	// Many servers read an underscore in a header's name as a hyphen (CGI).
	if canonical := textproto.CanonicalMIMEHeaderKey(strings.ReplaceAll(name, "_", "-")); slices.Contains(reserved, canonical) {
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

// IsSecretName reports whether the text can be the name of a secret. It is called for every
// attempt of a delivery, where a regular expression would cost as much as the lookup.
func IsSecretName(name string) bool {
	complete := false // the first part, or one after a full stop
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

// maximumDuration keeps sums of durations within Temporal's limits.
const maximumDuration = Duration(10 * 365 * 24 * time.Hour)

// maximumObject bounds vars, instance and data, in bytes as JSON, because every webhook
// receives them.
const maximumObject = 128 << 10

func boundObject(problems *Problems, path string, object Object) {
	size := 0
	for key, value := range object {
		size += len(key) + len(value) + len(`"":,`)
	}
	if size > maximumObject {
		problems.Addf(path, "has %d bytes; the limit is %d", size, maximumObject)
	}
}

// boundName applies Temporal's limit to the name of a type or a task queue.
func boundName(problems *Problems, path, name string) {
	switch {
	case len(name) > maximumTemporalName:
		problems.Addf(path, "has %d bytes; Temporal takes at most %d", len(name), maximumTemporalName)
	case strings.HasPrefix(name, "/_sys/"):
		problems.Addf(path, "%q: names that begin with /_sys/ are Temporal's own", name)
	default:
		checkReserved(problems, path, name, temporalsOwn)
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

// oneOf adds a problem unless the value is absent or one of those listed, and reports whether
// it is valid.
func oneOf(problems *Problems, path, value string, allowed ...string) bool {
	if value == "" || slices.Contains(allowed, value) {
		return true
	}
	problems.Addf(path, "%q is not one of %s%s", value, strings.Join(allowed, ", "), typo.Hint(value, allowed))
	return false
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
