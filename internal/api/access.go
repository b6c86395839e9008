package api

import (
	"context"
	"net/http"
	"time"
)

// A visit is one request as the access log shows it.
type visit struct {
	http.ResponseWriter
	status int
	bytes  int
	caller string
	// remote is the caller's address, without the port.
	remote string
	// route is the pattern of the route or page that handled the request.
	route string
}

type visitKey struct{}

// WriteHeader records the status.
func (v *visit) WriteHeader(status int) {
	if v.status == 0 {
		v.status = status
	}
	v.ResponseWriter.WriteHeader(status)
}

// Write counts the bytes sent.
func (v *visit) Write(data []byte) (int, error) {
	if v.status == 0 {
		v.status = http.StatusOK
	}
	n, err := v.ResponseWriter.Write(data)
	v.bytes += n
	return n, err
}

// Unwrap gives http.ResponseController access to the underlying writer.
func (v *visit) Unwrap() http.ResponseWriter { return v.ResponseWriter }

// NoteCaller sets the caller's name in the access log.
func NoteCaller(r *http.Request, name string) {
	if v, ok := r.Context().Value(visitKey{}).(*visit); ok {
		v.caller = name
	}
}

// noteRoute sets the route in the metrics.
func noteRoute(r *http.Request, pattern string) {
	if v, ok := r.Context().Value(visitKey{}).(*visit); ok {
		v.route = pattern
	}
}

// log writes one line for each request. It omits query strings, which may
// contain keys.
func (a *API) log(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, began := &visit{ResponseWriter: w, remote: hostOf(r.RemoteAddr)}, time.Now()
		ctx, span := a.startSpan(r)
		r = r.WithContext(ctx)
		defer func() {
			a.Logger.InfoContext(r.Context(), "request", "method", r.Method, "path", r.URL.EscapedPath(), "status", v.status,
				"bytes", v.bytes, "duration_ms", time.Since(began).Milliseconds(), "key", v.caller, "remote", r.RemoteAddr)
			a.count(r.Method, v, time.Since(began))
			endSpan(span, r.Method, v)
		}()
		next.ServeHTTP(v, r.WithContext(context.WithValue(r.Context(), visitKey{}, v)))
	})
}
