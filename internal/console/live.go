package console

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Bounds of the streams, each of which holds a connection and polls the API.
const (
	// maximumSeats bounds the open streams, and maximumOwn those of one caller.
	maximumSeats = 200
	maximumOwn   = 50
	// streamLife ends a stream, which the browser then reopens. This is how an
	// expired session is noticed.
	streamLife = 15 * time.Minute
	// pollsASecond bounds how often all streams together render a page.
	// Temporal allows a namespace ten list calls a second, from all its clients
	// together.
	pollsASecond = 4
	// A stream polls after pollEvery, and at growing intervals up to pollAtMost
	// while nothing changes.
	pollEvery  = 2 * time.Second
	pollAtMost = 10 * time.Second
	// writeTimeout bounds one write to a browser that does not read.
	writeTimeout = 20 * time.Second
)

func wantsStream(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/event-stream")
}

// seats counts the open streams.
type seats struct {
	mutex sync.Mutex
	all   int
	own   map[string]int
	polls *rate.Limiter
}

func newSeats() *seats {
	return &seats{own: map[string]int{}, polls: rate.NewLimiter(pollsASecond, pollsASecond)}
}

// take reserves a stream for the caller. It returns false if too many are open.
func (s *seats) take(caller string) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.all >= maximumSeats || s.own[caller] >= maximumOwn {
		return false
	}
	s.all++
	s.own[caller]++
	return true
}

func (s *seats) leave(caller string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.all--
	if s.own[caller]--; s.own[caller] == 0 {
		delete(s.own, caller)
	}
}

// stream sends the page's live parts as server-sent events: first all of them,
// then those that change. It ends when the visitor leaves, the session has
// expired, or the process shuts down.
func (v *visit) stream() {
	if !v.seats.take(v.caller.Name) {
		v.writer.Header().Set("Retry-After", "60")
		http.Error(v.writer, "Too many pages are open that change by themselves. Reload this one to see what changed.", http.StatusServiceUnavailable)
		return
	}
	defer v.seats.leave(v.caller.Name)
	ctx, cancel := context.WithTimeout(v.request.Context(), streamLife)
	defer cancel()
	defer context.AfterFunc(v.stop, cancel)()
	v.request = v.request.WithContext(ctx)
	control := http.NewResponseController(v.writer)
	_ = control.SetReadDeadline(time.Time{}) // nothing more is read; a connection without deadlines needs no change
	setHeaders(v.writer.Header())
	v.writer.Header().Set("Content-Type", "text/event-stream")
	v.writer.Header().Set("X-Accel-Buffering", "no") // keeps nginx from buffering
	sent, wait := map[string]string{}, pollEvery
	for {
		if v.seats.polls.Wait(ctx) != nil {
			return
		}
		events := v.changes(sent)
		if wait = min(wait*3/2, pollAtMost); len(events) > 0 {
			wait = pollEvery
		} else {
			events = []byte(": nothing changed\n\n") // keeps proxies from closing the connection
		}
		_ = control.SetWriteDeadline(time.Now().Add(writeTimeout))
		if _, err := v.writer.Write(events); err != nil || control.Flush() != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// changes renders the page and returns the events for the parts that differ
// from sent, which it updates.
func (v *visit) changes(sent map[string]string) []byte {
	v.now = time.Now()
	made := v.answerOf(v.page.show)
	if made.status != http.StatusOK {
		return notice(sent, made)
	}
	shown, err := v.viewOf(made)
	if err != nil {
		v.core.Logger.ErrorContext(v.request.Context(), "page cannot be rendered", "path", v.request.URL.EscapedPath(), "error", err)
		return nil
	}
	var events bytes.Buffer
	changed := sent[""] != made.title
	for _, p := range shown.parts {
		if sent[p.ID] != p.Version {
			sent[p.ID], changed = p.Version, true
			event(&events, "part", p)
		}
	}
	if changed {
		sent[""] = made.title
		event(&events, "title", map[string]string{"title": made.title, "said": made.said})
	}
	return events.Bytes()
}

// notice returns the event that says why the page cannot be rendered just now.
func notice(sent map[string]string, made *answer) []byte {
	if sent[""] == made.title {
		return nil
	}
	sent[""] = made.title
	var events bytes.Buffer
	event(&events, "lost", map[string]string{"said": made.title})
	return events.Bytes()
}

func event(to *bytes.Buffer, name string, data any) {
	encoded, err := json.Marshal(data)
	if err == nil { // strings always encode
		fmt.Fprintf(to, "event: %s\ndata: %s\n\n", name, encoded)
	}
}
