package latch

import "time"

// A Poll repeats a request until its answer is final, for example that of an external job which
// is RUNNING and then SUCCEEDED.
type Poll struct {
	// Until is an expression over response. The poll ends when it is true.
	Until string `json:"until" latch:"expression,success"`
	// Interval is the wait after an answer for which Until is not true; 10s by default.
	Interval Duration `json:"interval,omitempty" unset:"10s"`
	// Timeout bounds the poll, which then fails; 30m by default.
	Timeout Duration `json:"timeout,omitempty" unset:"30m"`
}

// An Analysis measures repeatedly, and decides by the results whether a hook passes (contract,
// "Polling, analysis and soaking"). It counts like Argo Rollouts.
type Analysis struct {
	// HTTP is the request of each measurement. Its method is GET by default, unless it has a
	// body.
	HTTP *HTTPTask `json:"http"`
	// Interval is the time between the beginnings of two measurements.
	Interval Duration `json:"interval,omitempty"`
	// Count is how many measurements are made, not counting errors; 1 by default, which needs
	// no Interval.
	Count int `json:"count,omitempty" unset:"1"`
	// Success and Failure are expressions over response. With only one of them, a measurement
	// for which it is false has the opposite result. With both, a measurement for which both
	// are false is inconclusive.
	Success string `json:"success,omitempty" latch:"expression,success"`
	Failure string `json:"failure,omitempty" latch:"expression,success"`
	// FailureLimit is how many failures are allowed, and InconclusiveLimit how many
	// inconclusive results; 0 by default.
	FailureLimit      int `json:"failure_limit,omitempty" unset:"0"`
	InconclusiveLimit int `json:"inconclusive_limit,omitempty" unset:"0"`
	// ErrorLimit is how many consecutive errors are allowed; 4 by default.
	ErrorLimit *int `json:"error_limit,omitempty" unset:"4"`
	// Inconclusive says what follows an inconclusive analysis: lock (the default), so that a
	// person decides, stop or continue.
	Inconclusive string `json:"inconclusive,omitempty" latch:"plain" unset:"lock"`
}

// InconclusiveLock makes a person decide about an inconclusive analysis with a lock.
const InconclusiveLock = "lock"

// maximumMeasurementCount bounds the measurements of an analysis, and its limits.
const maximumMeasurementCount = 10_000

// Errors returns how many consecutive errors are allowed.
func (a *Analysis) Errors() int { return *WithDefaults(*a).ErrorLimit }

// Request returns the request of each measurement, with its method.
func (a *Analysis) Request() HTTPTask {
	request := *a.HTTP
	if request.Method == "" && !hasValue(request.Body) {
		request.Method = "GET"
	}
	return request
}

// AsksPerson reports whether an inconclusive analysis makes a lock.
func (a *Analysis) AsksPerson() bool { return WithDefaults(*a).Inconclusive == InconclusiveLock }

// Longest returns how long the analysis may take.
func (a *Analysis) Longest() time.Duration {
	count, each := WithDefaults(*a).Count, time.Duration(a.Interval)+a.attempt()
	most := time.Duration(count * (a.Errors() + 1))
	return min(each, time.Duration(maximumDuration)/most) * most
}

// attempt returns how long one measurement may take.
func (a *Analysis) attempt() time.Duration { return time.Duration(WithDefaults(*a.HTTP).Timeout) }

func (a *Analysis) validate(problems *Problems, path string) {
	if a.HTTP == nil {
		problems.Addf(field(path, "http"), "required: the request that measures")
	} else {
		a.HTTP.validate(problems, field(path, "http"))
		if a.HTTP.Retry != nil {
			problems.Addf(field(path, "http.retry"), "an error is a measurement, and error_limit says how many there may be in a row: leave it out")
		}
		if a.HTTP.Poll != nil {
			problems.Addf(field(path, "http.poll"), "an analysis asks again by itself: leave it out")
		}
	}
	if a.Success == "" && a.Failure == "" {
		problems.Addf(field(path, "success"), "required, or failure: nothing says yes or no to a measurement")
	}
	checkDuration(problems, field(path, "interval"), a.Interval)
	a.validateCounts(problems, path)
	oneOf(problems, field(path, "inconclusive"), a.Inconclusive, InconclusiveLock, Stop, Continue)
}

// validateCounts refuses an analysis that can never pass.
func (a *Analysis) validateCounts(problems *Problems, path string) {
	switch {
	case a.Count < 0:
		problems.Addf(field(path, "count"), "%d: at least one measurement is made", a.Count)
	case a.Count > maximumMeasurementCount:
		problems.Addf(field(path, "count"), "%d is too many; the limit is %d", a.Count, maximumMeasurementCount)
	case a.Count == 0 && a.Interval > 0:
		problems.Addf(field(path, "count"), "required with interval: without it the analysis never ends")
	case a.Count > 1 && a.Interval == 0:
		problems.Addf(field(path, "interval"), "required with a count of more than 1: the time between two measurements")
	}
	for _, limit := range []struct {
		key   string
		value int
	}{{"failure_limit", a.FailureLimit}, {"inconclusive_limit", a.InconclusiveLimit}, {"error_limit", a.Errors()}} {
		if limit.value < 0 || limit.value > maximumMeasurementCount {
			problems.Addf(field(path, limit.key), "must be from 0 to %d, not %d", maximumMeasurementCount, limit.value)
		}
	}
}

func (p *Poll) validate(problems *Problems, path string) {
	if p == nil {
		return
	}
	requireText(problems, field(path, "until"), p.Until)
	checkDuration(problems, field(path, "interval"), p.Interval)
	checkDuration(problems, field(path, "timeout"), p.Timeout)
}

// validateAnalysis checks the other keys of a webhook whose hooks measure.
func (w *Webhook) validateAnalysis(problems *Problems, path string) {
	for _, key := range w.requestKeys() {
		problems.Addf(field(path, key), "is about the webhook's own request, and this one measures by analysis.http: leave it out")
	}
	if hasValue(w.Body) {
		problems.Addf(field(path, "body"), "is sent by nothing here; analysis.http has a body of its own")
	}
	if w.Timeout != 0 {
		problems.Addf(field(path, "timeout"), "bounds nothing here; give analysis.http.timeout")
	}
	if w.Retry != nil {
		problems.Addf(field(path, "retry"), "repeats nothing here; analysis says how often it measures, and how many errors there may be")
	}
	for i, settings := range w.EventSettings() {
		at := field(path, "event")
		if w.Event == "" {
			at = field(element(field(path, "events"), i), "event")
		}
		if IsBuiltInEvent(settings.Event) && !EventMayBlock(settings.Event) {
			problems.Addf(at, "an analysis holds what fired its event, and at %s nothing can be held", settings.Event)
		}
		if hasValue(settings.Body) {
			problems.Addf(field(element(field(path, "events"), i), "body"), "is sent by nothing here; analysis.http has a body of its own")
		}
	}
}
