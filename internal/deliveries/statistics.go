package deliveries

import (
	"context"
	"math"
	"slices"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch"
)

// Statistics counts the deliveries that match a filter by outcome, in total and
// over time, with their latency.
type Statistics struct {
	Tally
	Intervals  []Interval `json:"intervals" doc:"One after the other, without gaps; empty where nothing was found"`
	IntervalMS int64      `json:"interval_ms,omitempty" doc:"How long each interval is"`
	// Runs is the number of runs asked. Incomplete is true if there are more.
	// From CompleteSince on, only runs for which no worker answered are
	// missing.
	Runs          int         `json:"runs" doc:"How many runs were asked, the newest ones: first those that run, then those that closed last"`
	Incomplete    bool        `json:"incomplete,omitempty" doc:"Older runs, or those that no worker answered for, are not counted"`
	CompleteSince latch.Time  `json:"complete_since,omitzero" doc:"Where older runs are not counted: all that ended from then on is. Absent where not even all running ones are counted"`
	Unanswered    int         `json:"unanswered,omitempty" doc:"How many runs no worker answered for, or could not"`
	Unread        []UnreadRun `json:"unread,omitempty" doc:"Runs that could not be read as a whole, and why; at most 20"`
}

// A Tally counts deliveries by outcome, with their latency.
type Tally struct {
	Count     int      `json:"count" doc:"All of them"`
	Delivered int      `json:"delivered"`
	Failed    int      `json:"failed"`
	Pending   int      `json:"pending"`
	Skipped   int      `json:"skipped"`
	Settled   int      `json:"settled"`
	Latency   *Latency `json:"latency,omitempty" doc:"Of those delivered or failed; absent without any"`
}

// A Latency summarizes the duration of the last attempts, in milliseconds, by
// nearest rank.
type Latency struct {
	P50 int64 `json:"p50_ms" doc:"Half of the last attempts took no longer"`
	P95 int64 `json:"p95_ms" doc:"95 of 100 took no longer"`
	Max int64 `json:"max_ms"`
}

// An Interval counts the deliveries of a period, by the time that a [Filter]
// bounds: when they ended or, while pending, when their event fired.
type Interval struct {
	At latch.Time `json:"at" doc:"When the interval begins"`
	Tally
}

// maximumSamples bounds the deliveries that one call counts.
const maximumSamples = 50_000

// Statistics counts all deliveries that match the filter, in the given number
// of intervals. It reads the newest runs, at most as many as [Log.Search] asks,
// whatever they contain. An invalid filter is a [*RefusedError].
func (l *Log) Statistics(ctx context.Context, filter Filter, intervals int) (*Statistics, error) {
	if err := filter.check(); err != nil {
		return nil, err
	}
	found := &samples{of: map[place]sample{}}
	s := &search{log: l, filter: filter, silent: newSilence(nil), found: &newestRecords{}, sink: found}
	s.cursor.Since, s.cursor.Until = filter.Since, filter.Until
	if err := s.carryOut(ctx); err != nil {
		return nil, err
	}
	more := s.next != nil || found.full()
	made := &Statistics{Intervals: []Interval{}, Runs: s.runs, Incomplete: more || s.unanswered > 0, Unanswered: s.unanswered, Unread: s.unread}
	if more {
		made.CompleteSince = latch.NewTime(found.closed)
	}
	made.spread(found.sorted(), filter, intervals)
	return made, nil
}

// samples is a sink that keeps what is counted of each delivery.
type samples struct {
	of map[place]sample
	// closed is when the last of the asked runs closed.
	closed time.Time
}

// A sample is what is counted of one delivery.
type sample struct {
	at      time.Time
	outcome string
	tookMS  int64
}

// add keeps one sample for each delivery. Of two records of a delivery, it
// keeps the one that is not pending.
func (s *samples) add(records []latch.Record) {
	for i := range records {
		key, record := placeOf(&records[i]), sampleOf(&records[i])
		if known, is := s.of[key]; !is || known.outcome == Pending {
			s.of[key] = record
		}
	}
}

func sampleOf(record *latch.Record) sample {
	return sample{at: momentOf(record).Time, outcome: OutcomeOf(record), tookMS: record.DurationMS}
}

func (s *samples) full() bool { return len(s.of) >= maximumSamples }

// settled reports whether there are enough samples.
func (s *samples) settled(last *workflowpb.WorkflowExecutionInfo) bool {
	s.closed = time.Time{}
	if last.GetCloseTime() != nil {
		s.closed = last.GetCloseTime().AsTime()
	}
	return s.full()
}

// sorted returns the samples in chronological order.
func (s *samples) sorted() []sample {
	all := make([]sample, 0, len(s.of))
	for _, each := range s.of {
		all = append(all, each)
	}
	slices.SortFunc(all, func(a, b sample) int { return a.at.Compare(b.at) })
	return all
}

// spread counts the samples into intervals, from the filter's since or the
// first sample to its until or the last sample.
func (s *Statistics) spread(all []sample, filter Filter, intervals int) {
	s.Tally = tallyOf(all)
	if len(all) == 0 {
		return
	}
	from, to := all[0].at, all[len(all)-1].at
	if !filter.Since.IsZero() {
		from = filter.Since
	}
	if !filter.Until.IsZero() {
		to = filter.Until
	}
	width := (to.Sub(from) / time.Duration(intervals)).Truncate(time.Second) + time.Second
	s.IntervalMS = width.Milliseconds()
	for begin := from; !begin.After(to); begin = begin.Add(width) {
		end := begin.Add(width)
		in := slices.IndexFunc(all, func(each sample) bool { return !each.at.Before(end) })
		if in < 0 {
			in = len(all)
		}
		s.Intervals = append(s.Intervals, Interval{At: latch.NewTime(begin), Tally: tallyOf(all[:in])})
		all = all[in:]
	}
}

// tallyOf counts samples.
func tallyOf(all []sample) Tally {
	t := Tally{Count: len(all)}
	var took []int64
	for _, each := range all {
		switch each.outcome {
		case Delivered:
			t.Delivered++
		case FailedOutcome:
			t.Failed++
		case Pending:
			t.Pending++
		case Skipped:
			t.Skipped++
		default:
			t.Settled++
		}
		if each.outcome == Delivered || each.outcome == FailedOutcome {
			took = append(took, each.tookMS)
		}
	}
	if len(took) > 0 {
		slices.Sort(took)
		t.Latency = &Latency{P50: ranked(took, .5), P95: ranked(took, .95), Max: took[len(took)-1]}
	}
	return t
}

// ranked returns the smallest of the sorted numbers that is not exceeded by the
// given share of them.
func ranked(sorted []int64, share float64) int64 {
	return sorted[int(math.Ceil(share*float64(len(sorted))))-1]
}
