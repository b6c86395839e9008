package delivery

import (
	"net/http"
	"strings"
	"time"
)

// maximumRetryAfter is how far an endpoint may put off the next attempt
// (contract, "Responses").
const maximumRetryAfter = 24 * time.Hour

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
