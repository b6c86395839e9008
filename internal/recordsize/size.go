package recordsize

import (
	"maps"
	"slices"

	"github.com/latch-run/latch"
)

// Of returns how many bytes [json.Marshal] makes of a record.
func Of(r *latch.Record) int {
	o := newObjectSize()
	o.text("delivery_id", r.DeliveryID)
	o.optionalNumber("sequence", int64(r.Sequence))
	o.optionalText("previous_id", r.PreviousID)
	o.text("webhook", r.Webhook)
	o.text("event", r.Event)
	o.optionalText("step", r.Step)
	o.optionalText("job", r.Job)
	o.optionalText("release", r.Release)
	o.optionalText("emission", r.Emission)
	o.text("workflow_id", r.WorkflowID)
	o.text("run_id", r.RunID)
	o.text("result", r.Result)
	o.member("data", OfObject(r.Data))
	o.number("attempts", int64(r.Attempts))
	if len(r.Tries) > 0 {
		o.member("tries", listSize(r.Tries, trySize))
	}
	if len(r.Measurements) > 0 {
		o.encoded("measurements", r.Measurements)
	}
	o.optionalText("error", r.Error)
	o.optionalText("decision", r.Decision)
	o.optionalText("rule", r.Rule)
	o.optionalText("would_decide", r.WouldDecide)
	o.optionalText("handed_to", r.HandedTo)
	o.flag("enforced", r.Enforced)
	o.flag("kept", r.Kept)
	o.optionalNumber("redelivery", int64(r.Redelivery))
	o.flag("truncated", r.Truncated)
	if r.Request != nil {
		o.member("request", requestSize(r.Request))
	}
	if r.Response != nil {
		o.member("response", OfResponse(r.Response))
	}
	o.optionalTime("started_at", r.StartedAt)
	o.optionalTime("completed_at", r.CompletedAt)
	o.optionalNumber("duration_ms", r.DurationMS)
	if r.Lock != nil {
		o.encoded("lock", r.Lock)
	}
	if len(r.Approvals) > 0 {
		o.encoded("approvals", r.Approvals)
	}
	return o.size()
}

func requestSize(r *latch.RecordRequest) int {
	o := newObjectSize()
	o.text("method", r.Method)
	o.text("url", r.URL)
	o.optionalText("content_type", r.ContentType)
	o.number("bytes", int64(r.Bytes))
	return o.size()
}

// OfResponse returns the size of an answer.
func OfResponse(r *latch.RecordResponse) int {
	o := newObjectSize()
	o.number("status", int64(r.Status))
	if len(r.Headers) > 0 {
		headers := newObjectSize()
		for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
			headers.text(name, r.Headers[name])
		}
		o.member("headers", headers.size())
	}
	o.optionalText("body", r.Body)
	return o.size()
}

// OfObject returns the size of an object.
func OfObject(o latch.Object) int {
	size := newObjectSize()
	for _, name := range slices.Sorted(maps.Keys(o)) {
		size.member(name, rawSize(o[name]))
	}
	return size.size()
}

func trySize(t *latch.RecordTry) int {
	o := newObjectSize()
	o.number("number", int64(t.Number))
	o.time("started_at")
	o.number("duration_ms", t.DurationMS)
	o.optionalNumber("status", int64(t.Status))
	o.optionalText("error", t.Error)
	o.flag("unreadable", t.Unreadable)
	o.optionalNumber("retry_in_ms", t.RetryInMS)
	o.optionalText("address", t.Address)
	if t.Timings != nil {
		o.member("timings", timingsSize(t.Timings))
	}
	return o.size()
}

func timingsSize(t *latch.Timings) int {
	o := newObjectSize()
	o.optionalDecimal("dns_ms", t.DNSMS)
	o.optionalDecimal("connect_ms", t.ConnectMS)
	o.optionalDecimal("tls_ms", t.TLSMS)
	o.optionalDecimal("first_byte_ms", t.FirstByteMS)
	o.optionalDecimal("total_ms", t.TotalMS)
	return o.size()
}
