package process

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
)

// maxOutput bounds how much of one stream is kept, in bytes. The rest is only counted.
const maxOutput = 16 << 20

// Output is the output of a process to one stream so far.
type Output struct {
	mu      sync.Mutex
	kept    bytes.Buffer
	dropped int
	changed chan struct{} // closed, and replaced, with each write
}

func newOutput() *Output {
	return &Output{changed: make(chan struct{})}
}

// Write keeps p, as far as there is room, and never fails.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	room := min(len(p), maxOutput-o.kept.Len())
	o.kept.Write(p[:room])
	o.dropped += len(p) - room
	close(o.changed)
	o.changed = make(chan struct{})
	return len(p), nil
}

// String returns the output so far: its first 16 MiB, and a last line that says whether there
// was more.
func (o *Output) String() string {
	text, _ := o.look()
	return text
}

// Wait returns the output once it contains a part, or fails with the context.
func (o *Output) Wait(ctx context.Context, part string) (string, error) {
	for {
		text, changed := o.look()
		if strings.Contains(text, part) {
			return text, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return text, fmt.Errorf("process: %q was not printed: %w; the output ends %q",
				part, context.Cause(ctx), tail(text))
		}
	}
}

func (o *Output) look() (string, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := o.kept.String()
	if o.dropped > 0 {
		text += fmt.Sprintf("\n[%d bytes more]\n", o.dropped)
	}
	return text, o.changed
}

// tail returns the end of a text, short enough for an error.
func tail(text string) string {
	const length = 2000
	if len(text) > length {
		return "…" + text[len(text)-length:]
	}
	return text
}
