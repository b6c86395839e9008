package delivery

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// maximumRetryAfter is how long an endpoint may postpone the next attempt (contract,
// "Responses").
const maximumRetryAfter = 24 * time.Hour

// A clockPair holds the two clocks by which a date in an answer is read: the worker's and, from
// the header Date, the receiver's.
type clockPair struct {
	own time.Time
	// receiver is zero if the answer has no date.
	receiver time.Time
}

func (a *answer) clocks(now time.Time) clockPair {
	receiver, _ := parseDate(a.header.Get("Date"))
	return clockPair{own: now, receiver: receiver}
}

// until returns the time until the date by whichever clock makes it longer, so that a receiver
// whose clock is slow is not called too early.
func (c clockPair) until(date time.Time) time.Duration {
	delay := date.Sub(c.own)
	if !c.receiver.IsZero() {
		delay = max(delay, date.Sub(c.receiver))
	}
	return min(max(delay, 0), maximumRetryAfter)
}

// retryAfter returns how long the endpoint asked not to be called, at most 24h, and whether it
// said when to call again, even if at once. It takes the longest of these: Retry-After; with
// 403 and 429, the reset of an exhausted rate limit; and with 429, as Discord answers ("Rate
// Limits" of its documentation), X-RateLimit-Reset-After or retry_after in a JSON body, both in
// seconds with a fraction.
func (a *answer) retryAfter(now time.Time) (delay time.Duration, told bool) {
	clocks := a.clocks(now)
	note := func(asked time.Duration, known bool) {
		delay, told = max(delay, asked), told || known
	}
	for _, value := range a.header["Retry-After"] {
		note(parseRetryAfter(value, clocks))
	}
	if a.status == http.StatusForbidden || a.status == http.StatusTooManyRequests {
		note(a.rateLimitReset(clocks))
	}
	if a.status == http.StatusTooManyRequests {
		note(parseSeconds(a.header.Get("X-RateLimit-Reset-After")))
		note(a.bodyRetryAfter())
	}
	return delay, told
}

// bodyRetryAfter reads the field retry_after of a body that is a JSON object.
func (a *answer) bodyRetryAfter() (delay time.Duration, told bool) {
	if a.broken || !a.read().isObject() {
		return 0, false
	}
	var body struct {
		RetryAfter json.RawMessage `json:"retry_after"`
	}
	if json.Unmarshal(a.body, &body) != nil {
		return 0, false
	}
	return parseSeconds(string(body.RetryAfter))
}

// parseRetryAfter reads Retry-After: a number of seconds, which some servers write with a
// fraction, or a date (RFC 9110, section 10.2.3). It ignores anything else.
func parseRetryAfter(text string, clocks clockPair) (delay time.Duration, told bool) {
	if delay, told = parseSeconds(text); told && !strings.ContainsAny(text, "eE") {
		return delay, true
	}
	date, told := parseDate(text)
	if !told {
		return 0, false
	}
	return clocks.until(date), true
}

var decimal = regexp.MustCompile(`^([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$`)

// parseSeconds reads a number of seconds, rounded up to the millisecond and at
// most 24h.
func parseSeconds(text string) (delay time.Duration, is bool) {
	text = strings.TrimSpace(text)
	if !decimal.MatchString(text) {
		return 0, false
	}
	number, _ := strconv.ParseFloat(text, 64) // a number out of range is infinite
	if number >= maximumRetryAfter.Seconds() {
		return maximumRetryAfter, true
	}
	return (time.Duration(number*float64(time.Second)) + time.Millisecond - 1).Truncate(time.Millisecond), true
}
