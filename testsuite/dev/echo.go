package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
)

const (
	// maxBody bounds how much of a request's body is read, and maxShown how much of it is
	// printed, in bytes.
	maxBody  = 1 << 20
	maxShown = 8 << 10
)

// echo is a receiver that prints each request and answers with it.
type echo struct {
	url    string
	server *http.Server
	served chan error

	mu  sync.Mutex // one request is printed at a time
	out io.Writer
}

// listen starts the receiver on a port of loopback; 0 takes a free one.
func listen(port int, out io.Writer) (*echo, error) {
	listener, err := net.Listen("tcp", loopback(port))
	if err != nil {
		return nil, fmt.Errorf("receiver: %w", err)
	}
	e := &echo{url: "http://" + listener.Addr().String(), out: out, served: make(chan error, 1)}
	e.server = &http.Server{Handler: e, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute}
	go func() { e.served <- e.server.Serve(listener) }()
	return e, nil
}

func (e *echo) close() error {
	err := e.server.Close()
	if served := <-e.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, fmt.Errorf("receiver: %w", served))
	}
	return err
}

// ServeHTTP prints the request and answers with its content, or as its query says.
func (e *echo) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, maxBody))
	if err != nil {
		http.Error(w, "reading the body: "+err.Error(), http.StatusBadRequest)
		return
	}
	status, answer, err := answerOf(request, body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	e.mu.Lock()
	_, _ = io.WriteString(e.out, show(request, body, status, time.Now())) // nobody can read the error
	e.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(answer) // a caller may close the connection
}

// answerOf returns the answer to a request: the query's status and answer, or 200 and the
// request's content.
func answerOf(request *http.Request, body []byte) (status int, answer []byte, err error) {
	query := request.URL.Query()
	status = http.StatusOK
	if given := query.Get("status"); given != "" {
		if status, err = strconv.Atoi(given); err != nil || status < 200 || status > 599 {
			return 0, nil, fmt.Errorf("status=%s: a status is 200 to 599", given)
		}
	}
	if given := query.Get("answer"); given != "" {
		return status, []byte(given), nil
	}
	received := map[string]any{"method": request.Method, "path": request.URL.Path, "body": string(body)}
	if json.Valid(body) {
		received["body"] = json.RawMessage(body)
	}
	answer, err = json.Marshal(map[string]any{"received": received})
	return status, answer, err
}

// show formats a request for people: its line, the headers that Latch sets, and its body.
func show(request *http.Request, body []byte, status int, at time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s  %s %s → %d\n", at.Format(time.TimeOnly), request.Method, request.RequestURI, status)
	for _, name := range headersOf(request.Header) {
		fmt.Fprintf(&b, "  %s: %s\n", name, strings.Join(request.Header[name], ", "))
	}
	if text := readable(request.Header.Get("Content-Type"), body); text != "" {
		fmt.Fprintf(&b, "  %s\n", strings.ReplaceAll(text, "\n", "\n  "))
	}
	if lock := request.Header.Get("X-Latch-Lock"); lock != "" {
		fmt.Fprintf(&b, "  It waits until: starter lock release '%s'\n", lock)
	}
	return strings.Map(printable, b.String())
}

// uninteresting headers are on every request.
var uninteresting = []string{"Accept", "Accept-Encoding", "Connection", "Content-Length", "User-Agent"}

func headersOf(header http.Header) []string {
	var names []string
	for name := range header {
		if !slices.Contains(uninteresting, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// readable formats a body, truncated if it is long: JSON is indented, and a form has one field
// per line.
func readable(contentType string, body []byte) string {
	text := string(body)
	var indented bytes.Buffer
	mediaType, _, _ := mime.ParseMediaType(contentType)
	switch {
	case json.Indent(&indented, body, "", "  ") == nil:
		text = indented.String()
	case mediaType == "application/x-www-form-urlencoded":
		if fields, err := url.ParseQuery(text); err == nil {
			text = formText(fields)
		}
	}
	if len(text) > maxShown {
		text = fmt.Sprintf("%s… (%d bytes)", text[:maxShown], len(body))
	}
	return strings.TrimSpace(text)
}

func formText(fields url.Values) string {
	var lines []string
	for name, values := range fields {
		for _, value := range values {
			lines = append(lines, name+" = "+value)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// printable makes text safe for a terminal.
func printable(r rune) rune {
	if unicode.IsPrint(r) || r == '\n' || r == '\t' {
		return r
	}
	return '\uFFFD'
}
