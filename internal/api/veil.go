package api

import (
	"bytes"
	"mime"
	"net/http"
	"strings"

	"github.com/latch-run/latch/internal/veil"
)

// A veiled response is buffered until it is complete, so that it can be
// searched for what opens a lock (contract, "HTTP API"). All routes write to
// it, so none can forget it.
type veiled struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// veil makes responses be searched if the caller may not remove locks. That
// includes a caller without a key: somebody who has a lock's link may remove
// only that lock. Calling lift sends the response.
func (a *API) veil(w http.ResponseWriter, r *http.Request, known *Caller) (through http.ResponseWriter, lift func()) {
	if a.isOpen(r) && r.Method != http.MethodPost || MayDo(known, RoleLock) == nil {
		return w, func() {}
	}
	v := &veiled{ResponseWriter: w}
	return v, func() { v.send(a.LinkKey, lockIn(r)) }
}

// WriteHeader stores the status.
func (v *veiled) WriteHeader(status int) {
	if v.status == 0 {
		v.status = status
	}
}

// Write buffers a part of the body.
func (v *veiled) Write(data []byte) (int, error) {
	v.WriteHeader(http.StatusOK)
	return v.body.Write(data)
}

// Unwrap gives http.ResponseController access to the underlying writer.
func (v *veiled) Unwrap() http.ResponseWriter { return v.ResponseWriter }

// send sends the response with the HMACs of all locks hidden. token is the lock
// in the request's path.
func (v *veiled) send(key []byte, token string) {
	if v.status == 0 {
		return // nothing was written, so net/http answers by itself
	}
	media, _, _ := mime.ParseMediaType(v.Header().Get("Content-Type")) // an unknown type is treated as text
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

// lockIn returns the token of the lock in a request's path, of the API or of
// the lock's page, or "".
func lockIn(r *http.Request) string {
	_, token, _ := strings.Cut(r.URL.Path, "/locks/")
	return token
}
