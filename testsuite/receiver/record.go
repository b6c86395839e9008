package receiver

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

const (
	// maxBody bounds how much of one request's body is read, in bytes.
	maxBody = 1 << 20

	// maxRequests bounds how many requests are kept. The others are only counted.
	maxRequests = 50_000

	// maxBytes bounds the sum of the kept bodies, in bytes. Further requests are kept without
	// their bodies.
	maxBytes = 64 << 20
)

// Request is one received request.
type Request struct {
	Method string
	Path   string // decoded
	URI    string // as sent: path and query
	Query  url.Values
	Header http.Header // with Host
	Body   []byte      // at most 1 MiB; see Truncated
	At     time.Time   // when its body was read
	Order  int         // 1 for the first request to this receiver, whatever its path

	// Truncated reports that Body lacks bytes that were sent.
	Truncated bool
}

// journal keeps requests in the order of their arrival.
type journal struct {
	mu       sync.Mutex
	requests []Request
	counts   map[string]int // by path, those past maxRequests too
	total    int
	bytes    int
	changed  chan struct{} // closed, and replaced, with each request
}

func newJournal() *journal {
	return &journal{counts: map[string]int{}, changed: make(chan struct{})}
}

// add numbers a request, keeps it within the bounds and returns it numbered.
func (j *journal) add(r Request) Request {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.total++
	j.counts[r.Path]++
	r.Order = j.total
	if len(j.requests) < maxRequests {
		kept := r
		if j.bytes+len(kept.Body) > maxBytes {
			kept.Body, kept.Truncated = nil, true
		}
		j.bytes += len(kept.Body)
		j.requests = append(j.requests, kept)
	}
	close(j.changed)
	j.changed = make(chan struct{})
	return r
}

// of returns the kept requests to a path, oldest first, or all of them if the path is empty.
func (j *journal) of(path string) []Request {
	j.mu.Lock()
	defer j.mu.Unlock()
	if path == "" {
		return slices.Clone(j.requests)
	}
	var found []Request
	for _, r := range j.requests {
		if r.Path == path {
			found = append(found, r)
		}
	}
	return found
}

// await returns when a path, or the receiver if the path is empty, has received n requests.
func (j *journal) await(ctx context.Context, path string, n int) error {
	for {
		j.mu.Lock()
		count, changed := j.counts[path], j.changed
		if path == "" {
			count = j.total
		}
		j.mu.Unlock()
		if count >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("receiver: %d of %d requests to %q came: %w", count, n, path, context.Cause(ctx))
		}
	}
}
