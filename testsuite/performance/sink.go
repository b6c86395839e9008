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

// A sink receives what both sides send. It answers 200 at once, except below
// /slow/, and knows when each path was called.
type sink struct {
	url    string
	server *http.Server

	mu      sync.Mutex
	next    int
	tallies map[string]*tally
}

// slowness is how long a slow receiver takes.
const slowness = 3 * time.Second

// A tally counts the calls of one measurement, whose paths begin alike.
type tally struct {
	// url is what the measurement's paths are added to, such as url + "/a".
	url string

	mu    sync.Mutex
	calls map[string][]time.Time
	total int
	last  time.Time
	more  chan struct{} // closed at each call, and made anew
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

// tally makes one for a measurement.
func (s *sink) tally() *tally {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	name := fmt.Sprint(s.next)
	t := &tally{url: s.url + "/" + name, calls: map[string][]time.Time{}, more: make(chan struct{})}
	s.tallies[name] = t
	return t
}

// ServeHTTP takes one call.
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

// await waits until there were so many calls, and returns when the last came.
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

// awaitPath waits until a path is called, and returns when it first was.
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

// sum returns how many calls there were.
func (t *tally) sum() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.total
}

// count returns how often a path was called.
func (t *tally) count(path string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.calls[path])
}
