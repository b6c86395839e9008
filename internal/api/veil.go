package api

import (
	"bytes"
	"mime"
	"net/http"
	"strings"

	"github.com/latch-run/latch/internal/veil"
)

// A veiled answer is held back until it is complete, so that it can be looked
// through for what opens a lock (contract, "HTTP API"). It is the way out of
// every route, so none can forget it.
type veiled struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// veil has whatever is answered to a caller who may not remove locks be looked
// through, and so to one without a key: somebody who has a lock's link may remove
// that lock alone. What lift is called for is sent.
func (a *API) veil(w http.ResponseWriter, r *http.Request, known *Caller) (through http.ResponseWriter, lift func()) {
	if isOpen(r) || MayDo(known, RoleLock) == nil {
		return w, func() {}
	}
	v := &veiled{ResponseWriter: w}
	return v, func() { v.send(a.LinkKey, lockIn(r)) }
}

// WriteHeader keeps the status.
func (v *veiled) WriteHeader(status int) {
	if v.status == 0 {
		v.status = status
	}
}

// Write keeps a part of the body.
func (v *veiled) Write(data []byte) (int, error) {
	v.WriteHeader(http.StatusOK)
	return v.body.Write(data)
}

// Unwrap lets http.ResponseController at the writer below.
func (v *veiled) Unwrap() http.ResponseWriter { return v.ResponseWriter }

// send sends the answer with the HMACs of all locks hidden. The token is that of
// the request's path.
func (v *veiled) send(key []byte, token string) {
	if v.status == 0 {
		return // nothing was written, which net/http says by itself
	}
	media, _, _ := mime.ParseMediaType(v.Header().Get("Content-Type")) // an unknown type is hidden as text
	body := v.body.Bytes()
	if media == "application/json" || strings.HasSuffix(media, "+json") {
		body = veil.JSON(body, key)
	} else {
		body = veil.Text(body, key, token)
	}
	v.Header().Del("Content-Length")
	v.ResponseWriter.WriteHeader(v.status)
	_, _ = v.ResponseWriter.Write(body) // the caller has gone away
}

// lockIn returns the token of the lock that a request's path names, of the API or
// of the lock's page; "" for any other path.
func lockIn(r *http.Request) string {
	_, token, _ := strings.Cut(r.URL.Path, "/locks/")
	return token
}
