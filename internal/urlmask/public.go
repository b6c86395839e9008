package urlmask

import (
	"net/url"
	"strings"
	"unicode"
)

// Public returns a URL without anything that may be a credential: user and
// password, the query, the fragment, and path segments that look like tokens.
// For a URL with templates it returns only the scheme and the host.
func Public(address string) string {
	before, _, templated := strings.Cut(address, "${")
	parsed, err := url.Parse(before)
	if err != nil || parsed.Host == "" {
		return Hidden
	}
	shown := parsed.Scheme + "://" + parsed.Host
	if templated {
		return shown + "/" + Hidden
	}
	segments := strings.Split(parsed.EscapedPath(), "/")
	for i, segment := range segments {
		if looksLikeToken(segment) {
			segments[i] = Hidden
		}
	}
	shown += strings.Join(segments, "/")
	if parsed.RawQuery != "" || parsed.Fragment != "" {
		shown += "?" + Hidden
	}
	return shown
}

// looksLikeToken reports whether a path segment may be a credential, as in the
// URLs of chat webhooks: it is long and contains digits, or both capitals and
// small letters.
func looksLikeToken(segment string) bool {
	const short = 16
	if len(segment) < short {
		return false
	}
	hasDigit := strings.ContainsFunc(segment, unicode.IsDigit)
	return hasDigit || strings.ContainsFunc(segment, unicode.IsUpper) && strings.ContainsFunc(segment, unicode.IsLower)
}
