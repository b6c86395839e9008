package latch

import (
	"fmt"
	"time"
)

// A Health says when a registered webhook's endpoint counts as failing, when deliveries to it
// stop, and how they resume (contract, "Endpoint health"). It counts consecutive failed
// attempts: a successful one resets the count.
type Health struct {
	// WarnAt lists, in ascending order, the numbers of consecutive failed attempts at which
	// ENDPOINT_FAILING fires; by default 5 and 20. An empty list disables the warnings.
	WarnAt []int `json:"warn_at,omitzero"`
	// DisableAfter disables the endpoint at an attempt that fails this long after the first
	// failure of the series; 0 never does.
	DisableAfter Duration `json:"disable_after,omitempty" unset:"0s"`
	// Probe is how often a disabled endpoint is probed; 1h by default.
	Probe Duration `json:"probe,omitempty" unset:"1h"`
}

// These are the bounds of a health.
const (
	maximumWarnings  = 10
	maximumWarnAt    = 1_000_000
	shortestDuration = Duration(time.Second)
)

// defaultWarnAt is the default of WarnAt.
var defaultWarnAt = []int{5, 20}

// Warnings returns the numbers of consecutive failed attempts at which an event fires.
func (h *Health) Warnings() []int {
	if h.WarnAt == nil {
		return defaultWarnAt
	}
	return h.WarnAt
}

// Disables reports whether an endpoint that has failed for this long is disabled.
func (h *Health) Disables(failing time.Duration) bool {
	return h.DisableAfter > 0 && failing >= time.Duration(h.DisableAfter)
}

// validate returns all problems of the health. It accepts nil.
func (h *Health) validate(problems *Problems, path string) {
	if h == nil {
		return
	}
	at := field(path, "warn_at")
	if len(h.WarnAt) > maximumWarnings {
		problems.Addf(at, "there are %d; the limit is %d", len(h.WarnAt), maximumWarnings)
	}
	for i, count := range h.WarnAt {
		switch {
		case count < 1 || count > maximumWarnAt:
			problems.Addf(element(at, i), "must be from 1 to %d failed attempts in a row, not %d", maximumWarnAt, count)
		case i > 0 && count <= h.WarnAt[i-1]:
			problems.Addf(element(at, i), "%d must be more than %d before it", count, h.WarnAt[i-1])
		}
	}
	for _, each := range []struct {
		key   string
		value Duration
	}{{"disable_after", h.DisableAfter}, {"probe", h.Probe}} {
		checkDuration(problems, field(path, each.key), each.value)
		if each.value > 0 && each.value < shortestDuration {
			problems.Addf(field(path, each.key), "must be at least %s, not %s", shortestDuration, each.value)
		}
	}
}

// These are the states of a registered webhook's endpoint. The state of an endpoint that works
// is empty.
const (
	// EndpointFailing means that attempts are made and fail.
	EndpointFailing = "failing"
	// EndpointDisabled means that only probes are sent.
	EndpointDisabled = "disabled"
)

// An EndpointState describes the endpoint of a registered webhook that does not work, as of a
// moment ago. An endpoint that works has no state.
type EndpointState struct {
	// State is failing or disabled.
	State string `json:"state" latch:"plain"`
	// Count is the number of consecutive failed attempts. The first of them was at Since, and
	// the last failed with LastError.
	Count     int    `json:"count"`
	Since     Time   `json:"since,omitzero"`
	LastError string `json:"last_error,omitempty" latch:"plain"`
	// DisabledAt is when the endpoint was disabled. ProbeAt is the time of the next probe.
	DisabledAt Time `json:"disabled_at,omitzero"`
	ProbeAt    Time `json:"probe_at,omitzero"`
}

// Disabled reports whether nothing is sent to the endpoint. It accepts nil.
func (e *EndpointState) Disabled() bool { return e != nil && e.State == EndpointDisabled }

// Describe explains to a person why nothing was sent to a disabled endpoint.
func (e *EndpointState) Describe() string {
	return fmt.Sprintf("the endpoint is disabled since %s, after %d failed attempts in a row",
		e.DisabledAt.UTC().Format(time.RFC3339), e.Count)
}
