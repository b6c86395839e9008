package urlmask

import (
	"net/url"
	"regexp"
	"strings"
)

// minimumToken is the minimum length, in bytes, of a part of a URL that may be
// a token.
const minimumToken = 6

// Secrets returns the texts to hide for a URL that is secret: the whole URL,
// everything after the host, and the parts of that which look like tokens.
func Secrets(address string) []string {
	all := []string{address}
	parsed, err := url.Parse(address)
	if err != nil {
		return all
	}
	for _, part := range []string{parsed.RequestURI(), parsed.EscapedPath(), parsed.Path, parsed.RawQuery, parsed.Fragment} {
		if len(part) > 1 { // more than "/"
			all = append(all, part)
		}
	}
	for segment := range strings.SplitSeq(parsed.Path, "/") {
		all = append(all, tokenLike(segment))
	}
	for _, values := range parsed.Query() {
		for _, value := range values {
			all = append(all, tokenLike(value))
		}
	}
	return all
}

// tokenLike returns a part of a URL if it may be a token, otherwise "". Hiding
// every "hooks" or "release" would garble responses.
func tokenLike(part string) string {
	word := !strings.ContainsFunc(part, func(r rune) bool { return r < 'a' || r > 'z' })
	if len(part) < minimumToken || word && len(part) < 2*minimumToken {
		return ""
	}
	return part
}

// minimumTelling is the minimum length, in bytes, of a credential in a URL that
// is masked wherever an endpoint echoes it. A shorter one is rarely secret, and
// the names of many parameters only sound like credentials.
const minimumTelling = 12

// Telling returns the credentials in a URL that cannot be confused with words,
// as they appear in the URL and decoded.
func Telling(address string) []string {
	var found []string
	for _, credential := range Values(address) {
		if len(credential) < minimumTelling || tokenLike(credential) == "" {
			continue
		}
		found = append(found, credential)
		if plain, err := url.QueryUnescape(credential); err == nil && plain != credential {
			found = append(found, plain)
		}
	}
	return found
}

// userinfo matches the part before the host of a URL.
var userinfo = regexp.MustCompile(`//[^/?#@\s"'<>]+(?:@[^/?#@\s"'<>]*)*@`)

// WithoutUserinfo hides user and password in URLs, for example in a redirect's
// Location.
func WithoutUserinfo(value string) string {
	if !strings.Contains(value, "@") {
		return value
	}
	return userinfo.ReplaceAllString(value, "//"+Hidden+"@")
}
