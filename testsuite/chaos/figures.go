package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// figures are what a run came to.
type figures struct {
	options options
	took    time.Duration
	// runs and broken are counts by kind.
	runs, broken map[string]int
	// records is how many deliveries the histories have,
	// requests how many requests came, of which refused were
	// not answered with 200, and again how many came after one that was.
	records, requests, refused, again int
	// gap is the longest time between two requests.
	gap time.Duration
}

func newFigures(o options, took time.Duration, accounts []account, arrivals []arrival, broken map[string]int) *figures {
	f := &figures{options: o, took: took, runs: map[string]int{}, broken: broken, requests: len(arrivals)}
	for _, a := range accounts {
		f.runs[a.kind]++
		f.records += len(a.records)
	}
	accepted := map[string]bool{}
	for i, came := range arrivals {
		if i > 0 {
			f.gap = max(f.gap, came.at.Sub(arrivals[i-1].at))
		}
		if accepted[came.delivery] {
			f.again++
		}
		if came.status != 200 {
			f.refused++
		} else {
			accepted[came.delivery] = true
		}
	}
	return f
}

// String is for people, a figure a line.
func (f *figures) String() string {
	var text strings.Builder
	total := 0
	for _, n := range f.runs {
		total += n
	}
	fmt.Fprintf(&text, "seed %d, %s of chaos, %s until all was settled\n", f.options.seed, f.options.length, f.took.Round(time.Second))
	fmt.Fprintf(&text, "runs: %d (%s)\n", total, counts(f.runs))
	fmt.Fprintf(&text, "killed or taken away: %s\n", counts(f.broken))
	fmt.Fprintf(&text, "deliveries in histories: %d\n", f.records)
	fmt.Fprintf(&text, "requests: %d, of which %d were failed on purpose and %d came again after they were accepted\n", f.requests, f.refused, f.again)
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
