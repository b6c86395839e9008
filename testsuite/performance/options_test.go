package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	o, err := readOptions([]string{"-rows", "^job", "-store", storeMemory, "-rounds", "5", "-seconds", "0.5", "-output", "json"})
	require.NoError(t, err)
	require.Equal(t, []string{storeMemory}, o.stores)
	require.Equal(t, 5, o.rounds)
	require.Equal(t, 500*time.Millisecond, o.length)
	require.False(t, o.all, "the document is for all rows")

	o, err = readOptions([]string{"-jobs", "20", "-releases", "30"})
	require.NoError(t, err)
	require.Equal(t, []int{20, 30}, []int{o.jobs, o.releases})
	require.False(t, o.all, "the document is for the whole numbers")

	o, err = readOptions(nil)
	require.NoError(t, err)
	require.True(t, o.all)
	require.Equal(t, defaultStores, o.stores)
}

// A wrong flag is refused by its name, its value, and what would be right.
func TestWrongOptions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		says string
	}{
		{[]string{"-rows", "("}, `-rows: "(" is not a regular expression`},
		{[]string{"-rows", "nothing"}, `-rows: no row's name matches "nothing"`},
		{[]string{"-store", "redis"}, `-store: "redis" is not all or one of memory, file, postgres`},
		{[]string{"-rounds", "0"}, "-rounds: 0: at least 1"},
		{[]string{"-seconds", "0"}, "-seconds: 0: more than 0"},
		{[]string{"-jobs", "0"}, "-jobs: 0: at least 1"},
		{[]string{"-releases", "-1"}, "-releases: -1: at least 1"},
		{[]string{"-output", "xml"}, `-output: "xml" is neither table nor json`},
		{[]string{"job"}, `it takes no argument, not ["job"]`},
	} {
		_, err := readOptions(test.args)
		require.ErrorContains(t, err, test.says)
	}
}

// A row has a name of its own, and Latch as its last side.
func TestRows(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range allRows(options{jobs: allJobs, releases: allReleases}) {
		require.False(t, seen[r.name], r.name)
		seen[r.name] = true
		require.NotEmpty(t, r.metrics, r.name)
		require.Equal(t, ours, r.sides[len(r.sides)-1].name, r.name)
		for _, m := range r.metrics {
			if g, is := m.goal.(ratio); is {
				require.Contains(t, sideNames(r), g.of, r.name)
			}
		}
	}
}

func sideNames(r row) []string {
	var names []string
	for _, s := range r.sides {
		names = append(names, s.name)
	}
	return names
}
