package latch

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A rate is a whole number and a unit, within the bounds of Temporal's fairness weights.
func TestRates(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		rate  string
		want  float64
		wrong string
	}{
		{"", 0, ""},
		{"20/s", 20, ""},
		{"300/m", 5, ""},
		{"1800/h", 0.5, ""},
		{"4/h", 4.0 / 3600, ""},
		{"1000/s", 1000, ""},
		{"60000/m", 1000, ""},
		{"3/h", 0, `rate: "3/h" is out of range: at least 4/h, at most 1000/s`},
		{"1001/s", 0, `rate: "1001/s" is out of range: at least 4/h, at most 1000/s`},
		{"0/s", 0, `rate: "0/s" is not a rate: write a whole number and s, m or h, such as 20/s, 300/m or 1000/h`},
		{"020/s", 0, `"020/s" is not a rate`},
		{"+2/s", 0, `"+2/s" is not a rate`},
		{"1.5/s", 0, `"1.5/s" is not a rate`},
		{"20", 0, `"20" is not a rate`},
		{"20/", 0, `"20/" is not a rate`},
		{"20/d", 0, `"20/d" is not a rate`},
		{"20/s/s", 0, `"20/s/s" is not a rate`},
		{"20 / s", 0, `"20 / s" is not a rate`},
		{"-20/s", 0, `"-20/s" is not a rate`},
		{"99999999999/s", 0, `"99999999999/s" is not a rate`},
	} {
		w := &Webhook{Rate: test.rate, URL: "https://hooks.example.com"}
		require.InDelta(t, test.want, w.PerSecond(), 1e-9, test.rate)
		var problems Problems
		w.validateRate(&problems, "rate")
		if test.wrong == "" {
			require.Empty(t, problems, test.rate)
			continue
		}
		require.Len(t, problems, 1, test.rate)
		require.Contains(t, problems[0].String(), test.wrong)
	}
}

// A rate needs requests, and contradicts the volley. Everything wrong is reported at once.
func TestARateNeedsRequestsOfItsOwn(t *testing.T) {
	t.Parallel()
	var problems Problems
	(&Webhook{Rate: "fast", Path: PathVolley}).validateRate(&problems, "webhooks[0].rate")
	require.Len(t, problems, 3)
	said := problems.Error()
	for _, part := range []string{`"fast" is not a rate`, "needs url or url_secret", `path "volley" sends at once`} {
		require.Contains(t, said, part)
	}
	require.Equal(t, 3, strings.Count(said, "webhooks[0].rate: "))
	problems = nil
	(&Webhook{Rate: "20/s", URLSecret: "board", Path: PathDurable}).validateRate(&problems, "rate")
	require.Empty(t, problems)
}
