package apiclient

import (
	"bytes"
	"io"
	"net/http"
)

// In returns a client of an API that is a handler in this process. A call is made in the
// caller's goroutine and with its context, which identifies the caller.
func In(handler http.Handler) *Client {
	return &Client{base: "http://127.0.0.1", http: &http.Client{Transport: inside{handler}, Timeout: callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// inside is a round tripper without a network.
type inside struct{ handler http.Handler }

// RoundTrip serves the request. It never fails.
func (i inside) RoundTrip(request *http.Request) (*http.Response, error) {
	served := request.Clone(request.Context())
	served.RequestURI, served.Host = request.URL.RequestURI(), request.URL.Host
	if served.Body == nil {
		served.Body = http.NoBody
	}
	answer := &kept{header: http.Header{}}
	i.handler.ServeHTTP(answer, served)
	_ = served.Body.Close() // as every round tripper does
	answer.WriteHeader(http.StatusOK)
	return &http.Response{Status: http.StatusText(answer.status), StatusCode: answer.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: answer.header, Body: io.NopCloser(&answer.body), ContentLength: int64(answer.body.Len()), Request: request}, nil
}

// kept holds a whole answer.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header returns the answer's headers.
func (k *kept) Header() http.Header { return k.header }

// WriteHeader keeps the first status.
func (k *kept) WriteHeader(status int) {
	if k.status == 0 {
		k.status = status
	}
}

// Write appends to the body.
func (k *kept) Write(data []byte) (int, error) {
	k.WriteHeader(http.StatusOK)
	return k.body.Write(data)
}
