package api

import (
	"net/http"
	"strings"
)

// withWholeToken returns a request in which the routes of one lock see the
// token as one path segment, even if a proxy has decoded the %2F in it: a
// workflow id may contain slashes, and so may the tokens of its locks. The
// pattern of the lock's page accepts slashes; that of a route with a segment
// after the token cannot.
func withWholeToken(r *http.Request) *http.Request {
	path := wholeToken(r.URL.EscapedPath())
	if path == r.URL.EscapedPath() {
		return r
	}
	address := *r.URL
	address.RawPath = path
	r = r.WithContext(r.Context()) // a copy
	r.URL = &address
	return r
}

// wholeToken encodes the slashes in a lock's token in an escaped path. It
// returns any other path unchanged.
func wholeToken(path string) string {
	token, ofLock := strings.CutPrefix(path, locksPath+"/")
	if !ofLock {
		return path
	}
	action := ""
	for _, each := range []string{lockRelease, lockExtend} {
		if rest, is := strings.CutSuffix(token, each); is {
			token, action = rest, each
			break
		}
	}
	return locksPath + "/" + strings.ReplaceAll(token, "/", "%2F") + action
}
