package workflows

import (
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
)

// writtenEvery is how old the count in the registry may be while an endpoint continues to fail.
const writtenEvery = time.Minute

// An endpoint is the endpoint of a registered webhook that does not work.
type endpoint struct {
	protocol.Endpoint
	reports workflow.ReceiveChannel
	// health is the webhook's setting when it was last read, or nil if failures are not
	// counted.
	health *latch.Health
}

// Endpoint is the workflow latch.Endpoint. It counts the failed attempts at the endpoint of a
// registered webhook, fires the events about it, disables it and probes it (contract, "Endpoint
// health"). Workers start it at the first attempt that fails. It ends once an attempt succeeds:
// an endpoint that works has no workflow.
func Endpoint(ctx workflow.Context, input converter.RawValue) error {
	e := &endpoint{reports: workflow.GetSignalChannel(ctx, protocol.SignalReport)}
	if err := json.Unmarshal(payloadJSON(input), &e.Endpoint); err != nil || e.Webhook == "" {
		return invalidSpec(latch.Problems{{Message: fmt.Sprintf("%s is started by a worker, not by hand", latch.WorkflowEndpoint)}})
	}
	if _, err := e.look(ctx); err != nil {
		return err
	}
	for {
		report, reported := e.next(ctx)
		if reported {
			if err := e.take(ctx, report); err != nil {
				return err
			}
		} else if err := e.probe(ctx); err != nil {
			return err
		}
		workflow.SetCurrentDetails(ctx, e.details())
		switch {
		case e.reports.Len() > 0:
		case e.State == nil: // the endpoint works again, or failures are no longer counted
			return nil
		case workflow.GetInfo(ctx).GetContinueAsNewSuggested():
			return workflow.NewContinueAsNewError(ctx, latch.WorkflowEndpoint, e.Endpoint)
		}
	}
}

// next waits for reports and combines them into one. It returns false if the endpoint is to be
// probed instead.
func (e *endpoint) next(ctx workflow.Context) (protocol.Report, bool) {
	var timer workflow.Future
	if e.State.Disabled() && e.reports.Len() == 0 {
		wait := max(e.State.ProbeAt.Sub(workflow.Now(ctx)), time.Millisecond)
		timerContext, cancel := workflow.WithCancel(ctx)
		defer cancel()
		timer = workflow.NewTimerWithOptions(timerContext, wait, workflow.TimerOptions{Summary: "Until the endpoint is tried again"})
	}
	await(ctx, func() bool { return e.reports.Len() > 0 || timer != nil && timer.IsReady() })
	var all protocol.Report
	some := false
	for report := (protocol.Report{}); e.reports.ReceiveAsync(&report); report = (protocol.Report{}) {
		all.Add(report)
		some = true
	}
	return all, some
}

// take counts the results of attempts.
func (e *endpoint) take(ctx workflow.Context, report protocol.Report) error {
	if report.Delivered {
		if err := e.recover(ctx); err != nil {
			return err
		}
	}
	e.Kept = e.Kept.First(report.Kept)
	if report.Changed {
		if err := e.heed(ctx); err != nil {
			return err
		}
	}
	if report.Failed == 0 {
		return nil
	}
	if e.State == nil {
		e.State = &latch.EndpointState{State: latch.EndpointFailing, Since: report.Since}
	}
	state := *e.State
	before := state.Count
	state.Count += report.Failed
	state.LastError = report.Error
	e.State = &state
	if _, err := e.look(ctx); err != nil || e.State == nil {
		return err
	}
	changed := e.judge(ctx, before, report.At)
	if !changed && workflow.Now(ctx).Sub(e.WrittenAt.Time) < writtenEvery {
		return nil
	}
	return e.write(ctx)
}

// judge fires the events that the count has reached, and disables the endpoint. It reports
// whether the registry must be updated at once.
func (e *endpoint) judge(ctx workflow.Context, before int, at latch.Time) bool {
	changed := before == 0
	for _, threshold := range e.health.Warnings() {
		if before < threshold && threshold <= e.State.Count {
			e.Alarmed, changed = true, true
			e.fire(ctx, latch.EventEndpointFailing, latch.Object{"threshold": rawjson.Encode(threshold)})
		}
	}
	if e.State.Disabled() || !e.health.Disables(at.Sub(e.State.Since.Time)) {
		return changed
	}
	e.State.State, e.State.DisabledAt = latch.EndpointDisabled, latch.NewTime(workflow.Now(ctx))
	e.planProbe(ctx)
	e.Alarmed = true
	e.fire(ctx, latch.EventEndpointDisabled, latch.Object{
		"disabled_at": rawjson.Encode(e.State.DisabledAt), "probe_at": rawjson.Encode(e.State.ProbeAt)})
	return true
}

// recover ends the series of failed attempts.
func (e *endpoint) recover(ctx workflow.Context) error {
	if e.State != nil && e.Alarmed {
		data := latch.Object{"recovered_at": rawjson.Encode(latch.NewTime(workflow.Now(ctx)))}
		if e.State.Disabled() {
			data["disabled_at"] = rawjson.Encode(e.State.DisabledAt)
		}
		e.fire(ctx, latch.EventEndpointRecovered, data)
	}
	e.State, e.Alarmed, e.Kept = nil, false, nil
	return e.write(ctx)
}

// planProbe sets the time of the next probe of a disabled endpoint.
func (e *endpoint) planProbe(ctx workflow.Context) {
	e.State.ProbeAt = latch.NewTime(workflow.Now(ctx).Add(time.Duration(latch.WithDefaults(*e.health).Probe)))
}

// write writes the state to the registry, where runs and workers read it.
func (e *endpoint) write(ctx workflow.Context) error {
	e.WrittenAt = latch.NewTime(workflow.Now(ctx))
	_, err := e.observe(ctx, protocol.Observation{Webhook: e.Webhook, State: e.State})
	return err
}

// heed takes over what a change of the webhook made of the count, which may begin anew.
func (e *endpoint) heed(ctx workflow.Context) error {
	seen, err := e.look(ctx)
	if err == nil && seen.State == nil {
		e.State, e.Alarmed = nil, false
	}
	return err
}

// look reads the registered webhook, and takes over what an operator has changed about its
// endpoint. If they ended the count, nothing is left to do.
func (e *endpoint) look(ctx workflow.Context) (protocol.Observed, error) {
	seen, err := e.observe(ctx, protocol.Observation{Webhook: e.Webhook, Look: true})
	switch {
	case err != nil || e.health == nil:
	case e.State == nil && seen.State != nil:
		// The previous workflow was ended from outside.
		e.State, e.Alarmed = seen.State, true
	case e.State.Disabled() && seen.State == nil:
		e.State, e.Alarmed = nil, false // an operator has enabled it
	case e.State.Disabled() && seen.State.Disabled():
		e.State.ProbeAt = seen.State.ProbeAt
	}
	return seen, err
}

// observe reads the registered webhook, and writes the endpoint's state unless it only looks. If
// failures are no longer counted, there is no state.
func (e *endpoint) observe(ctx workflow.Context, observation protocol.Observation) (protocol.Observed, error) {
	var seen protocol.Observed
	if err := ask(ctx, "Look at webhook "+e.Webhook, protocol.ActivityObserve, observation, &seen); err != nil {
		return seen, err
	}
	e.health = seen.Health
	if e.health == nil {
		e.State, e.Alarmed = nil, false
	}
	return seen, nil
}

// details describes the state of the endpoint for people.
func (e *endpoint) details() string {
	if e.State == nil {
		return "The endpoint works."
	}
	text := fmt.Sprintf("**%s** since %s: %d attempts in a row have failed.\n\nLast error: %s\n", e.State.State,
		e.State.Since.UTC().Format(time.RFC3339), e.State.Count, e.State.LastError)
	if e.State.Disabled() {
		text += "\nTried again at " + e.State.ProbeAt.UTC().Format(time.RFC3339) + ".\n"
	}
	return text
}
