package mitto

import (
	"net/url"
	"strings"
	"unicode"

	"github.com/latch-run/latch"
)

// masked stands for what is not shown.
const masked = "***"

// publicWebhookKeys are the keys of a webhook that templates see. What else a
// client sent may be private.
var publicWebhookKeys = []string{"id", "url", "method", keyEventType, "events", "content_type", "headers", "body", "enabled", "created_at", "updated_at"}

// publicWebhooks returns the job's webhooks without what is private in them:
// names of headers without their values, and URLs as [publicURL] shows them.
func (j *Job) publicWebhooks() []latch.Object {
	webhooks := []latch.Object{}
	for _, webhook := range j.Webhooks() {
		public := latch.Object{}
		for _, key := range publicWebhookKeys {
			if value, there := webhook[key]; there {
				public[key] = value
			}
		}
		if headers := members(public["headers"]); headers != nil {
			for name := range headers {
				headers[name] = encode(masked)
			}
			public["headers"] = encode(headers)
		}
		if isText(public["url"]) {
			public["url"] = encode(publicURL(text(public["url"])))
		}
		webhooks = append(webhooks, public)
	}
	return webhooks
}

// publicURL returns a URL without what may be a credential: user and password,
// the query, the fragment, and segments of the path that look like tokens. Of a
// URL with templates only the scheme and the host are shown.
func publicURL(address string) string {
	before, _, templated := strings.Cut(address, "${")
	parsed, err := url.Parse(before)
	if err != nil || parsed.Host == "" {
		return masked
	}
	shown := parsed.Scheme + "://" + parsed.Host
	if templated {
		return shown + "/" + masked
	}
	segments := strings.Split(parsed.EscapedPath(), "/")
	for i, segment := range segments {
		if looksLikeToken(segment) {
			segments[i] = masked
		}
	}
	shown += strings.Join(segments, "/")
	if parsed.RawQuery != "" || parsed.Fragment != "" {
		shown += "?" + masked
	}
	return shown
}

// looksLikeToken reports whether a segment of a path may be a credential, as
// chats have it in the URLs of their webhooks: it is long and has digits, or
// capitals among small letters.
func looksLikeToken(segment string) bool {
	const short = 16
	if len(segment) < short {
		return false
	}
	hasDigit := strings.ContainsFunc(segment, unicode.IsDigit)
	return hasDigit || strings.ContainsFunc(segment, unicode.IsUpper) && strings.ContainsFunc(segment, unicode.IsLower)
}
