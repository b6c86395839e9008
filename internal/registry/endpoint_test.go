package registry

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// A change of a webhook moves the next probe of its disabled endpoint if it may have mended the
// endpoint, or if it says how often to probe. Enabling it and taking its health away begin the
// count anew (contract, "Endpoint health").
func TestAChangeMovesTheNextProbe(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	planned, soon := now.Add(40*time.Minute), now.Add(triedAfter)
	no := false
	disabled := latch.RegisteredWebhook{Webhook: latch.Webhook{ID: "billing", URL: "https://old.example.com", Event: "JOB_SUCCESS"},
		Health: &latch.Health{DisableAfter: latch.Duration(time.Hour)},
		Endpoint: &latch.EndpointState{State: latch.EndpointDisabled, Count: 7, LastError: "answered 503", DisabledAt: latch.NewTime(now),
			ProbeAt: latch.NewTime(planned)}}
	for name, each := range map[string]struct {
		change func(*latch.RegisteredWebhook)
		at     time.Time
	}{
		"nothing":               {func(*latch.RegisteredWebhook) {}, planned},
		"the url":               {func(w *latch.RegisteredWebhook) { w.URL = "https://new.example.com" }, soon},
		"the credentials":       {func(w *latch.RegisteredWebhook) { w.Auth = &latch.Auth{Bearer: "token"} }, soon},
		"the body":              {func(w *latch.RegisteredWebhook) { w.Body = []byte(`{"n":1}`) }, soon},
		"who gets it":           {func(w *latch.RegisteredWebhook) { w.When, w.ManagedBy = "true", "payments" }, planned},
		"when it warns":         {func(w *latch.RegisteredWebhook) { w.Health = &latch.Health{WarnAt: []int{1}} }, planned},
		"the interval":          {func(w *latch.RegisteredWebhook) { w.Health = &latch.Health{Probe: latch.Duration(time.Minute)} }, now.Add(time.Minute)},
		"the interval as it is": {func(w *latch.RegisteredWebhook) { w.Health = &latch.Health{Probe: latch.Duration(time.Hour)} }, planned},
		"the url, and the interval": {func(w *latch.RegisteredWebhook) {
			w.URL, w.Health = "", &latch.Health{Probe: latch.Duration(time.Minute)}
		}, soon},
		"that it is disabled": {func(w *latch.RegisteredWebhook) { w.Enabled = &no }, planned},
	} {
		changed := disabled
		each.change(&changed)
		want := *disabled.Endpoint
		want.ProbeAt = latch.NewTime(each.at)
		require.Equal(t, &want, endpointAfter(&disabled, &changed, now), name)
	}
	require.Equal(t, planned, disabled.Endpoint.ProbeAt.Time, "what readers may hold is not changed")

	without := disabled
	without.Health = nil
	require.Nil(t, endpointAfter(&disabled, &without, now))
	off := disabled
	off.Enabled = &no
	require.Nil(t, endpointAfter(&off, &disabled, now))
	failing, mended := disabled, disabled
	failing.Endpoint, mended.URL = &latch.EndpointState{State: latch.EndpointFailing, Count: 2}, "https://new.example.com"
	require.Equal(t, failing.Endpoint, endpointAfter(&failing, &mended, now), "it is tried anyway")
}

// A probe that a change has asked for stays, if it is due before the planned one of an endpoint
// that is disabled for as long.
func TestAProbeThatWasAskedForStays(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	disabled := func(at, probe time.Time) *latch.EndpointState {
		return &latch.EndpointState{State: latch.EndpointDisabled, DisabledAt: latch.NewTime(at), ProbeAt: latch.NewTime(probe)}
	}
	yesterday, soon, planned := now.Add(-24*time.Hour), now.Add(time.Second), now.Add(time.Hour)
	for name, each := range map[string]struct {
		known  *latch.EndpointState
		probed time.Time
	}{
		"asked for":           {disabled(yesterday, soon), soon},
		"later than planned":  {disabled(yesterday, planned.Add(time.Hour)), planned},
		"in the past":         {disabled(yesterday, now.Add(-time.Second)), planned},
		"of another time":     {disabled(yesterday.Add(time.Hour), soon), planned},
		"of none":             {nil, planned},
		"of one that answers": {&latch.EndpointState{State: latch.EndpointFailing}, planned},
	} {
		require.Equal(t, disabled(yesterday, each.probed), WithProbe(disabled(yesterday, planned), each.known, now), name)
	}
	require.Nil(t, WithProbe(nil, disabled(yesterday, soon), now))
}
