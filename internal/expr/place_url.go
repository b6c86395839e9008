package expr

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// authority matches a literal that contains the complete scheme and host of a URL.
var authority = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://[^/?#\\]*[/?#]`)

// checkURL rejects expressions in the scheme, host, port or user of a URL (contract, "Templates").
func checkURL(source string, segments []segment) []error {
	if len(segments) <= 1 {
		return nil
	}
	first := segments[0]
	if first.expression == nil && authority.MatchString(first.literal) {
		return checkPercent(source, segments)
	}
	at := first.offset
	if first.expression == nil {
		at = segments[1].offset
	}
	return []error{errorAt(source, at, "an expression cannot stand in the scheme or host of a URL; it may follow the first / behind the host, or be the whole URL")}
}

// checkPercent rejects an expression that would complete a percent-escape.
func checkPercent(source string, segments []segment) []error {
	var errs []error
	for i, s := range segments[:max(len(segments)-1, 0)] {
		if s.expression != nil || segments[i+1].expression == nil {
			continue
		}
		tail := s.literal[max(0, len(s.literal)-2):]
		if strings.HasSuffix(tail, "%") || strings.HasPrefix(tail, "%") {
			errs = append(errs, errorAt(source, segments[i+1].offset, "an expression cannot stand inside a percent-escape; write %25 for a percent sign"))
		}
	}
	return errs
}

// appendURL percent-encodes everything except RFC 3986's unreserved characters, so that a value is
// plain data in path, query and fragment.
func appendURL(out []byte, text string) []byte {
	return append(out, strings.ReplaceAll(url.QueryEscape(text), "+", "%20")...)
}

// appendForm encodes like the URL standard's application/x-www-form-urlencoded serializer.
func appendForm(out []byte, text string) []byte {
	return append(out, url.QueryEscape(text)...)
}

// checkDots rejects path segments that a value turned into "." or "..". A server that normalizes
// the path would follow them, even if the dots were encoded (RFC 3986, sections 5.2.4 and 6.2.2.2).
func checkDots(text string, spans []span) error {
	path := strings.Index(text, "://") + len("://")
	path += strings.IndexAny(text[path:], "/?#")
	end := len(text)
	if i := strings.IndexAny(text[path:], "?#"); i >= 0 {
		end = path + i
	}
	for start := path; start < end; {
		stop := end
		if i := strings.IndexByte(text[start+1:end], '/'); i >= 0 {
			stop = start + 1 + i
		}
		if e := touching(spans, start+1, stop); e != nil && isDots(text[start+1:stop]) {
			return &EvalError{Source: e.source, Message: fmt.Sprintf("makes the path segment %q, which would lead to another path", text[start+1:stop])}
		}
		start = stop
	}
	return nil
}

func touching(spans []span, start, end int) *Expression {
	for _, s := range spans {
		if s.start <= end && s.end >= start {
			return s.expression
		}
	}
	return nil
}

func isDots(segment string) bool {
	decoded := strings.ReplaceAll(strings.ReplaceAll(segment, "%2e", "."), "%2E", ".")
	return decoded == "." || decoded == ".."
}
