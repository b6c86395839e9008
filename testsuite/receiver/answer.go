package receiver

import (
	"bytes"
	"net/http"
	"slices"
)

// Answer is the answer to one request. The zero value answers 200 without a body.
type Answer struct {
	// Status is 200 if 0.
	Status int

	// Header is set before the status goes out.
	Header http.Header

	// Body is sent unchanged.
	Body string

	// Hold holds the answer until the channel is closed or receives a value, the caller closes
	// the connection, or the receiver stops. If nil, the answer is sent at once.
	Hold <-chan struct{}

	// Drop closes the connection without an answer, after Hold.
	Drop bool

	// Echo answers with the whole request: each header becomes a header "Echo-<Name>", and the
	// request line, headers and body become the body, in place of Body.
	Echo bool
}

// JSON returns an answer with a status and a JSON body.
func JSON(status int, body string) Answer {
	return Answer{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
}

// Status returns an answer with only a status.
func Status(status int) Answer {
	return Answer{Status: status}
}

// give answers a request that was recorded before.
func (a Answer) give(w http.ResponseWriter, request *http.Request, recorded Request, stopping <-chan struct{}) {
	if a.Hold != nil {
		select {
		case <-a.Hold:
		case <-stopping:
			panic(http.ErrAbortHandler)
		case <-request.Context().Done():
			return
		}
	}
	if a.Drop {
		panic(http.ErrAbortHandler) // net/http closes the connection and logs nothing
	}
	for name, values := range a.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	body := []byte(a.Body)
	if a.Echo {
		body = echo(w.Header(), recorded)
	}
	status := a.Status
	if status == 0 {
		status = http.StatusOK
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // a caller may close the connection
}

// echo sets the headers of an echoing answer and returns its body.
func echo(header http.Header, request Request) []byte {
	for name, values := range request.Header {
		header["Echo-"+name] = slices.Clone(values)
	}
	if header.Get("Content-Type") == "" {
		header.Set("Content-Type", "text/plain; charset=utf-8")
	}
	var b bytes.Buffer
	b.WriteString(request.Method + " " + request.URI + "\n")
	_ = request.Header.Write(&b) // a bytes.Buffer accepts everything
	b.WriteByte('\n')
	b.Write(request.Body)
	return b.Bytes()
}
