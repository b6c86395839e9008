package latch

import (
	"fmt"
	"time"
)

// A Health says when a registered webhook's endpoint counts as failing, when no
// more is sent to it, and how it comes back (contract, "Endpoint health"). What is
// counted are failed attempts in a row: one that is delivered ends the row.
type Health struct {
	// WarnAt are the failed attempts in a row after which ENDPOINT_FAILING fires,
	// once for each, ascending; 5 and 20 unless given. An empty list warns of none.
	WarnAt []int `json:"warn_at,omitzero"`
	// DisableAfter disables the endpoint by an attempt that fails so long after the
	// first one of the row; 0 never does.
	DisableAfter Duration `json:"disable_after,omitempty" unset:"0s"`
	// Probe is how often a disabled endpoint is tried; 1h unless given.
	Probe Duration `json:"probe,omitempty" unset:"1h"`
}

// Bounds of a health.
const (
	maximumWarnings  = 10
	maximumWarnAt    = 1_000_000
	shortestDuration = Duration(time.Second)
)

// defaultWarnAt is what WarnAt means that is not given.
var defaultWarnAt = []int{5, 20}

// Warnings returns the failed attempts in a row of which there is an event.
func (h *Health) Warnings() []int {
	if h.WarnAt == nil {
		return defaultWarnAt
	}
	return h.WarnAt
}

// Disables reports whether an endpoint that has failed for so long is disabled.
func (h *Health) Disables(failing time.Duration) bool {
	return h.DisableAfter > 0 && failing >= time.Duration(h.DisableAfter)
}

// validate returns all that is wrong with it; nil is right.
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

// States of the endpoint of a registered webhook, beside that of one that works,
// which is empty.
const (
	// EndpointFailing: attempts fail, and are made.
	EndpointFailing = "failing"
	// EndpointDisabled: nothing is sent but probes.
	EndpointDisabled = "disabled"
)

// An EndpointState is what Latch knows of the endpoint of a registered webhook
// that does not work, as of a moment ago. An endpoint that works has none.
type EndpointState struct {
	// State is failing or disabled.
	State string `json:"state" latch:"plain"`
	// Count is how many attempts have failed in a row, the first of them at Since
	// and the last with LastError.
	Count     int    `json:"count"`
	Since     Time   `json:"since,omitzero"`
	LastError string `json:"last_error,omitempty" latch:"plain"`
	// DisabledAt is when the endpoint was disabled, and ProbeAt when it is tried
	// next.
	DisabledAt Time `json:"disabled_at,omitzero"`
	ProbeAt    Time `json:"probe_at,omitzero"`
}

// Disabled reports whether nothing is sent to the endpoint; of nil it is false.
func (e *EndpointState) Disabled() bool { return e != nil && e.State == EndpointDisabled }

// Describe says for a person why nothing was sent to a disabled endpoint.
func (e *EndpointState) Describe() string {
	return fmt.Sprintf("the endpoint is disabled since %s, after %d failed attempts in a row",
		e.DisabledAt.UTC().Format(time.RFC3339), e.Count)
}
