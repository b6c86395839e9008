package telemetry

import (
	"slices"
	"strings"
	"sync"

	"go.temporal.io/sdk/client"
)

// A rememberingHandler makes the handler of each set of tags and each instrument once. Made anew
// for each value, as the SDK and the activities ask for them, they cost many times what it takes
// to record the value. OpenTelemetry itself keeps an entry for each of them, too.
type rememberingHandler struct {
	client.MetricsHandler
	tagged, counters, gauges, timers remembered
}

// remembering returns a handler that behaves as the given one.
func remembering(handler client.MetricsHandler) *rememberingHandler {
	return &rememberingHandler{MetricsHandler: handler}
}

// WithTags returns the handler with these tags.
func (h *rememberingHandler) WithTags(tags map[string]string) client.MetricsHandler {
	return once(&h.tagged, keyOf(tags), func() client.MetricsHandler { return remembering(h.MetricsHandler.WithTags(tags)) })
}

// Counter returns the counter of a name.
func (h *rememberingHandler) Counter(name string) client.MetricsCounter {
	return once(&h.counters, name, func() client.MetricsCounter { return h.MetricsHandler.Counter(name) })
}

// Gauge returns the gauge of a name.
func (h *rememberingHandler) Gauge(name string) client.MetricsGauge {
	return once(&h.gauges, name, func() client.MetricsGauge { return h.MetricsHandler.Gauge(name) })
}

// Timer returns the timer of a name.
func (h *rememberingHandler) Timer(name string) client.MetricsTimer {
	return once(&h.timers, name, func() client.MetricsTimer { return h.MetricsHandler.Timer(name) })
}

// Remembered are values by their keys.
type remembered struct{ sync.Map }

// once looks up the value of a key. The first caller makes it.
func once[T any](known *remembered, key string, make func() T) T {
	found, is := known.Load(key)
	if !is {
		found, _ = known.LoadOrStore(key, make())
	}
	return found.(T)
}

// usualKey suffices for most tags, in bytes.
const usualKey = 96

// keyOf returns a text that is the same for equal tags only. No tag has a NUL.
func keyOf(tags map[string]string) string {
	var key strings.Builder
	key.Grow(usualKey)
	names := make([]string, 0, len(tags))
	for name := range tags {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		key.WriteString(name)
		key.WriteByte(0)
		key.WriteString(tags[name])
		key.WriteByte(0)
	}
	return key.String()
}
