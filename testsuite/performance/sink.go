package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A sink receives the requests of both sides. It answers 200 at once, except
// below /slow/, and records when each path was called.
type sink struct {
	url    string
	server *http.Server

	mu      sync.Mutex
	next    int
	tallies map[string]*tally
}

// slowness is how long a slow endpoint takes.
const slowness = 3 * time.Second

// A tally counts the calls of one measurement, whose paths share a prefix.
type tally struct {
	// url is the prefix of the measurement's URLs, as in url + "/a".
	url string

	mu    sync.Mutex
	calls map[string][]time.Time
	total int
	last  time.Time
	more  chan struct{} // closed at each call, and replaced
}

func startSink() (*sink, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{url: "http://" + listener.Addr().String(), tallies: map[string]*tally{}}
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	go func() { _ = s.server.Serve(listener) }() // ends by close
	return s, nil
}

func (s *sink) close() error { return s.server.Close() }

// tally returns a new tally for a measurement.
func (s *sink) tally() *tally {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	name := fmt.Sprint(s.next)
	t := &tally{url: s.url + "/" + name, calls: map[string][]time.Time{}, more: make(chan struct{})}
	s.tallies[name] = t
	return t
}

// ServeHTTP records one call.
func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at := time.Now()
	_, _ = io.Copy(io.Discard, r.Body)
	name, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	s.mu.Lock()
	t := s.tallies[name]
	s.mu.Unlock()
	if t == nil {
		http.NotFound(w, r)
		return
	}
	t.add("/"+path, at)
	if strings.HasPrefix(path, "slow/") {
		select {
		case <-time.After(slowness):
		case <-r.Context().Done():
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"result":"pass"}`)
}

func (t *tally) add(path string, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls[path] = append(t.calls[path], at)
	t.total++
	t.last = at
	close(t.more)
	t.more = make(chan struct{})
}

// await waits for a number of calls, and returns the time of the last.
func (t *tally) await(ctx context.Context, total int) (time.Time, error) {
	for {
		t.mu.Lock()
		have, last, more := t.total, t.last, t.more
		t.mu.Unlock()
		if have >= total {
			return last, nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return last, errors.Join(fmt.Errorf("%d of %d requests have come", have, total), context.Cause(ctx))
		}
	}
}

// awaitPath waits until a path is called, and returns the time of the first
// call.
func (t *tally) awaitPath(ctx context.Context, path string) (time.Time, error) {
	for {
		t.mu.Lock()
		calls, more := t.calls[path], t.more
		t.mu.Unlock()
		if len(calls) > 0 {
			return calls[0], nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return time.Time{}, errors.Join(fmt.Errorf("nobody called %s", path), context.Cause(ctx))
		}
	}
}

// sum returns the number of calls.
func (t *tally) sum() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.total
}

// count returns the number of calls of a path.
func (t *tally) count(path string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.calls[path])
}
