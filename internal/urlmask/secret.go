package urlmask

import (
	"net/url"
	"regexp"
	"strings"
)

// minimumToken is the least length, in bytes, of a part of a URL that may be a
// token of its own.
const minimumToken = 6

// Secrets returns what of a URL that is a secret must be hidden: all of it,
// and what follows the host, as a whole and in the parts that look like more
// than a word.
func Secrets(address string) []string {
	all := []string{address}
	parsed, err := url.Parse(address)
	if err != nil {
		return all
	}
	for _, part := range []string{parsed.RequestURI(), parsed.EscapedPath(), parsed.Path, parsed.RawQuery, parsed.Fragment} {
		if len(part) > 1 { // more than the root
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

// tokenLike returns a part of a URL that may be a token of its own, else
// nothing: to hide every "hooks" or "release" would spoil answers.
func tokenLike(part string) string {
	word := !strings.ContainsFunc(part, func(r rune) bool { return r < 'a' || r > 'z' })
	if len(part) < minimumToken || word && len(part) < 2*minimumToken {
		return ""
	}
	return part
}

// minimumTelling is the least length, in bytes, of a credential in a URL that
// is masked wherever an endpoint echoes it: nobody says of a shorter one that
// it is a secret, and many a parameter's name only sounds like one.
const minimumTelling = 12

// Telling returns those of a URL's credentials that are told from words, as
// they stand in the URL and decoded.
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

// userinfo is what may stand before the host of a URL.
var userinfo = regexp.MustCompile(`//[^/?#@\s"'<>]+(?:@[^/?#@\s"'<>]*)*@`)

// WithoutUserinfo hides the credentials of URLs, such as those of an address
// that an endpoint redirects to.
func WithoutUserinfo(value string) string {
	if !strings.Contains(value, "@") {
		return value
	}
	return userinfo.ReplaceAllString(value, "//"+Hidden+"@")
}
