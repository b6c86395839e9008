package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/analysis"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/rehearsal"
)

const (
	errorMeasures = "Measures"
	errorAnalysis = "AnalysisError"
)

// analyze makes the next measurement of an analysis, and ends the attempt so that Temporal
// keeps the wait for the next one. No slot of a worker is occupied meanwhile, and a worker that
// is killed loses no measurement.
func (a *Activities) analyze(ctx context.Context, send protocol.Send) (protocol.Outcome, error) {
	known := remember(ctx, send)
	stop := beat(ctx, 5*time.Second, known)
	defer stop()
	began := rehearsal.Now(ctx)
	if err := a.renew(ctx, &send); err != nil {
		stop()
		return protocol.Outcome{}, notSent(ctx, send, known, measuredBy(known), err)
	}
	settings := send.Request.Webhook.Analysis
	measured := a.options.Sender.Measure(context.WithoutCancel(ctx), settings, send.Request.Webhook.Redact, send.Request.Variables)
	if known.Measured == nil {
		known.Measured = &protocol.Measured{}
	}
	known.Measured.Add(measured.Measurement)
	outcome := protocol.Outcome{Attempts: measuredBy(known), Request: measured.Request, Response: measured.Response, Measured: known.Measured,
		CompletedAt: latch.NewTime(rehearsal.Now(ctx)), DurationMS: rehearsal.Now(ctx).Sub(began).Milliseconds(), Error: measured.Error}
	activity.GetLogger(ctx).Info("measured", "webhook", send.Record.Webhook, "event", send.Record.Event, "delivery", send.Record.DeliveryID,
		"measurement", outcome.Attempts, "result", measured.Result, "error", measured.Error)
	switch phase := known.Measured.Phase(settings); phase {
	case analysis.Running:
		stop()
		judged := judgement{kind: errorMeasures, message: progress(known.Measured, settings),
			delay: time.Duration(settings.Interval) - rehearsal.Now(ctx).Sub(began)}
		judged.leave(ctx, &outcome, known)
		return protocol.Outcome{}, judged.failure(outcome)
	case analysis.Errored:
		outcome.Error = fmt.Sprintf("%d errors in a row, of which error_limit allows %d; the last one: %s",
			known.Measured.InRow, settings.Errors(), measured.Error)
		return protocol.Outcome{}, judgement{kind: errorAnalysis, message: outcome.Error, final: true}.failure(outcome)
	default:
		outcome.Error, outcome.Delivered = "", true
		outcome.Data = dataOf(phase, known.Measured, settings)
		outcome.Open = phase == analysis.Inconclusive && settings.AsksPerson()
		outcome.Verdict = ask(&send, outcome)
		return outcome, nil
	}
}

func measuredBy(known memory) int {
	if known.Measured == nil {
		return 0
	}
	return known.Measured.Total()
}

// progress describes the progress of the analysis for Temporal UI.
func progress(measured *protocol.Measured, settings *latch.Analysis) string {
	return fmt.Sprintf("measured %d of %d: %d succeeded, %d failed, %d are inconclusive; %d errors", measured.Measured(),
		latch.WithDefaults(*settings).Count, measured.Successful, measured.Failed, measured.Inconclusive, measured.Errors)
}

// dataOf returns the data that rules see of an analysis that has ended: the result and the
// counts.
func dataOf(phase analysis.Phase, measured *protocol.Measured, settings *latch.Analysis) latch.Object {
	data := latch.Object{"analysis": rawjson.Encode(phase), "successful": rawjson.Encode(measured.Successful),
		"failed":       rawjson.Encode(measured.Failed),
		"inconclusive": rawjson.Encode(measured.Inconclusive), "errors": rawjson.Encode(measured.Errors)}
	switch {
	case phase == analysis.Successful, phase == analysis.Inconclusive && settings.Inconclusive == latch.Continue:
		data[latch.KeyResult] = rawjson.Encode(latch.ResultPass)
	case phase == analysis.Failed, settings.Inconclusive == latch.Stop:
		data[latch.KeyResult], data[latch.KeyStopRelease] = rawjson.Encode(latch.ResultFail), rawjson.Encode(true)
	}
	return data
}
