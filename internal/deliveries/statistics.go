package deliveries

import (
	"context"
	"math"
	"slices"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch"
)

// Statistics count the deliveries of a filter by outcome, as a whole and over
// time, with their latency.
type Statistics struct {
	Tally
	Intervals  []Interval `json:"intervals" doc:"One after the other, without gaps; empty where nothing was found"`
	IntervalMS int64      `json:"interval_ms,omitempty" doc:"How long each interval is"`
	// Runs were asked. Incomplete reports that there are more, and CompleteSince
	// from when on nothing is missing but runs that no worker answered for.
	Runs          int         `json:"runs" doc:"How many runs were asked, the newest ones: first those that run, then those that closed last"`
	Incomplete    bool        `json:"incomplete,omitempty" doc:"Older runs, or those that no worker answered for, are not counted"`
	CompleteSince latch.Time  `json:"complete_since,omitzero" doc:"Where older runs are not counted: all that ended from then on is. Absent where not even all running ones are counted"`
	Unanswered    int         `json:"unanswered,omitempty" doc:"How many runs no worker answered for, or could not"`
	Unread        []UnreadRun `json:"unread,omitempty" doc:"Runs that could not be read as a whole, and why; at most 20"`
}

// A Tally is how many deliveries have each outcome, and how long they took.
type Tally struct {
	Count     int      `json:"count" doc:"All of them"`
	Delivered int      `json:"delivered"`
	Failed    int      `json:"failed"`
	Pending   int      `json:"pending"`
	Skipped   int      `json:"skipped"`
	Settled   int      `json:"settled"`
	Latency   *Latency `json:"latency,omitempty" doc:"Of those delivered or failed; absent without any"`
}

// A Latency is how long the last attempts of deliveries took, in milliseconds,
// by nearest rank.
type Latency struct {
	P50 int64 `json:"p50_ms" doc:"Half of the last attempts took no longer"`
	P95 int64 `json:"p95_ms" doc:"95 of 100 took no longer"`
	Max int64 `json:"max_ms"`
}

// An Interval is the deliveries of a time, by the time by which a [Filter] bounds
// them: when they ended or, while pending, when their event fired.
type Interval struct {
	At latch.Time `json:"at" doc:"When the interval begins"`
	Tally
}

// maximumSamples bounds how many deliveries one call counts.
const maximumSamples = 50_000

// Statistics counts all deliveries that the filter takes, in so many intervals: of
// the newest runs, as many as [Log.Search] asks at most. It reads each of these
// runs, whatever it finds. What is wrong with the filter is a [*RefusedError].
func (l *Log) Statistics(ctx context.Context, filter Filter, intervals int) (*Statistics, error) {
	if err := filter.check(); err != nil {
		return nil, err
	}
	found := &samples{of: map[place]sample{}}
	s := &search{log: l, filter: filter, silent: map[string]bool{}, found: &newestRecords{}, sink: found}
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

// samples are a sink that keeps of each delivery what is counted of it.
type samples struct {
	of map[place]sample
	// closed is when the last of the runs that were asked has closed.
	closed time.Time
}

// A sample is one delivery.
type sample struct {
	at      time.Time
	outcome string
	tookMS  int64
}

// add keeps the records, each delivery once: of two records of one, that which its
// run has not left pending.
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

// settled is true once there are enough.
func (s *samples) settled(last *workflowpb.WorkflowExecutionInfo) bool {
	s.closed = time.Time{}
	if last.GetCloseTime() != nil {
		s.closed = last.GetCloseTime().AsTime()
	}
	return s.full()
}

// sorted returns the samples in the order of time.
func (s *samples) sorted() []sample {
	all := make([]sample, 0, len(s.of))
	for _, each := range s.of {
		all = append(all, each)
	}
	slices.SortFunc(all, func(a, b sample) int { return a.at.Compare(b.at) })
	return all
}

// spread counts the samples into intervals: from the filter's since or the first
// sample to its until or the last one.
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

// ranked returns the smallest of sorted numbers that a share of them does not
// exceed.
func ranked(sorted []int64, share float64) int64 {
	return sorted[int(math.Ceil(share*float64(len(sorted))))-1]
}
