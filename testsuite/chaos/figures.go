package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// figures are the counts of a run.
type figures struct {
	options options
	took    time.Duration
	// runs, ends of releases, and what was broken are counts by kind.
	runs, ends, broken map[string]int
	// records is how many deliveries the histories have.
	records int
	// requests is the number of requests. Of these, refused were not answered with 200, lied
	// got a 200 that could not be read, and again came after one that was accepted.
	requests, refused, lied, again int
	// removals is how often somebody received an answer about a lock. late is how many of these
	// found that another answer had counted.
	removals, late int
	// gap is the longest time between two requests.
	gap time.Duration
}

func newFigures(o options, took time.Duration, books *audit, broken map[string]int) *figures {
	f := &figures{options: o, took: took, runs: map[string]int{}, ends: map[string]int{}, broken: broken,
		requests: len(books.arrivals), removals: len(books.removals)}
	for _, a := range books.accounts {
		f.runs[a.kind]++
		f.records += len(a.records)
		if a.kind == kindRelease {
			f.ends[a.status.Status]++
		}
	}
	for _, each := range books.removals {
		if each.refused {
			f.late++
		}
	}
	f.countArrivals(books.arrivals)
	return f
}

func (f *figures) countArrivals(arrivals []arrival) {
	accepted := map[string]bool{}
	for i, came := range arrivals {
		if i > 0 {
			f.gap = max(f.gap, came.at.Sub(arrivals[i-1].at))
		}
		if accepted[came.delivery] {
			f.again++
		}
		if came.lied {
			f.lied++
		}
		if came.status != http.StatusOK {
			f.refused++
		} else {
			accepted[came.delivery] = true
		}
	}
}

// String formats the figures for people, one per line.
func (f *figures) String() string {
	var text strings.Builder
	total := 0
	for _, n := range f.runs {
		total += n
	}
	fmt.Fprintf(&text, "seed %d, %s of chaos, %s until all was settled\n", f.options.seed, f.options.length, f.took.Round(time.Second))
	fmt.Fprintf(&text, "runs: %d (%s)\n", total, counts(f.runs))
	fmt.Fprintf(&text, "releases: %s\n", counts(f.ends))
	fmt.Fprintf(&text, "killed or taken away: %s\n", counts(f.broken))
	fmt.Fprintf(&text, "deliveries in histories: %d\n", f.records)
	fmt.Fprintf(&text, "requests: %d, of which %d were failed on purpose, %d got an answer that cannot be read, and %d came again after they were accepted\n",
		f.requests, f.refused, f.lied, f.again)
	fmt.Fprintf(&text, "locks: removed %d times, %d of them too late, after another answer\n", f.removals, f.late)
	fmt.Fprintf(&text, "longest time without a request: %s\n", f.gap.Round(100*time.Millisecond))
	return text.String()
}

func counts(of map[string]int) string {
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(of)) {
		texts = append(texts, fmt.Sprintf("%s %d", name, of[name]))
	}
	return strings.Join(texts, ", ")
}
