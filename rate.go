package latch

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// These bound a webhook's rate, in deliveries per second. They are Temporal's bounds of a
// fairness weight.
const (
	minimumRate = 0.001
	maximumRate = 1000
)

// rateUnits are the seconds of each unit of a rate.
var rateUnits = map[string]float64{"s": 1, "m": 60, "h": 3600}

// PerSecond returns the webhook's rate in attempts per second, or 0 if it has none.
func (w *Webhook) PerSecond() float64 {
	rate, err := parseRate(w.Rate)
	if err != nil {
		return 0
	}
	return rate
}

// parseRate reads a rate such as 20/s, and reports what is wrong with it. An empty text is no
// rate.
func parseRate(text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	count, unit, _ := strings.Cut(text, "/")
	number, err := strconv.ParseUint(count, 10, 32)
	seconds, known := rateUnits[unit]
	if err != nil || !known || number == 0 || count != strconv.FormatUint(number, 10) {
		return 0, fmt.Errorf("%q is not a rate: write a whole number and s, m or h, such as 20/s, 300/m or 1000/h", text)
	}
	rate := float64(number) / seconds
	if rate < minimumRate || rate > maximumRate {
		return 0, fmt.Errorf("%q is out of range: at least %.0f/h, at most %d/s", text, math.Ceil(minimumRate*rateUnits["h"]), maximumRate)
	}
	return rate, nil
}

// validateRate checks the rate, and that nothing else contradicts it.
func (w *Webhook) validateRate(problems *Problems, path string) {
	if w.Rate == "" {
		return
	}
	if _, err := parseRate(w.Rate); err != nil {
		problems.Addf(path, "%v", err)
	}
	if !w.HasURL() {
		problems.Addf(path, "needs url or url_secret: without requests there is nothing to slow down")
	}
	if w.Path == PathVolley {
		problems.Addf(path, "path %q sends at once; leave path out, or give %q", PathVolley, PathDurable)
	}
}
