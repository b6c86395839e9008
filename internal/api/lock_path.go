package api

import (
	"net/http"
	"strings"
)

// withWholeToken returns a request in which the routes of one lock see the token
// as one segment of the path, though a proxy has decoded the %2F in it: a
// workflow id may have slashes, and so does the lock that it made. The lock's
// page takes them by its pattern, which a route with a part behind the token
// cannot.
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

// wholeToken encodes the slashes within a lock's token in an escaped path; any
// other path is returned as it is.
func wholeToken(path string) string {
	const removal = "/release"
	token, ofLock := strings.CutPrefix(path, locksPath+"/")
	if !ofLock {
		return path
	}
	token, isRemoval := strings.CutSuffix(token, removal)
	path = locksPath + "/" + strings.ReplaceAll(token, "/", "%2F")
	if isRemoval {
		path += removal
	}
	return path
}
