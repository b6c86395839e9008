package delivery

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// maximumRetryAfter is how far an endpoint may put off the next attempt
// (contract, "Responses").
const maximumRetryAfter = 24 * time.Hour

// retryAfter gives how long the endpoint asked to be left alone: by
// Retry-After and, with 429, as Discord does, by X-RateLimit-Reset-After or
// retry_after in a JSON body, both in seconds with a fraction ("Rate Limits"
// of Discord's documentation). The longest counts.
func (a *answer) retryAfter(now time.Time) (delay time.Duration, asked bool) {
	delay, _ = parseRetryAfter(a.header.Get("Retry-After"), now)
	if a.status == http.StatusTooManyRequests {
		delay = max(delay, fractionalSeconds(a.header.Get("X-RateLimit-Reset-After")), a.bodyRetryAfter())
	}
	return delay, delay > 0
}

// bodyRetryAfter reads the field retry_after of a body that is a JSON object.
func (a *answer) bodyRetryAfter() time.Duration {
	if a.cut || a.broken || !startsObject(a.body) {
		return 0
	}
	var body struct {
		RetryAfter json.RawMessage `json:"retry_after"`
	}
	if json.Unmarshal(a.body, &body) != nil {
		return 0
	}
	return fractionalSeconds(string(body.RetryAfter))
}

var decimal = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// fractionalSeconds reads a number of seconds, rounded up to the millisecond;
// what is none, or not more than 0, asks for nothing.
func fractionalSeconds(text string) time.Duration {
	text = strings.TrimSpace(text)
	if !decimal.MatchString(text) {
		return 0
	}
	number, _ := strconv.ParseFloat(text, 64) // one out of range is infinite
	if number >= maximumRetryAfter.Seconds() {
		return maximumRetryAfter
	}
	return (time.Duration(number*float64(time.Second)) + time.Millisecond - 1).Truncate(time.Millisecond)
}

// parseRetryAfter reads Retry-After: seconds, or a date (RFC 9110, section
// 10.2.3). What is neither, or not in the future, asks for nothing.
func parseRetryAfter(text string, now time.Time) (delay time.Duration, asked bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, false
	}
	if strings.Trim(text, "0123456789") == "" {
		delay = seconds(text)
	} else if date, err := http.ParseTime(text); err == nil {
		delay = date.Sub(now)
	}
	if delay <= 0 {
		return 0, false
	}
	return min(delay, maximumRetryAfter), true
}

// seconds reads decimal digits, however many.
func seconds(digits string) time.Duration {
	var total time.Duration
	for _, digit := range digits {
		if total = total*10 + time.Duration(digit-'0')*time.Second; total > maximumRetryAfter {
			return maximumRetryAfter
		}
	}
	return total
}
