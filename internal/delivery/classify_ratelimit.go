package delivery

import (
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// rateLimits are the prefixes of rate limit headers: those of GitHub and many others, of Okta
// and X, and of GitLab and the IETF's drafts ("RateLimit Header Fields for HTTP") up to the
// sixth.
var rateLimits = []string{"X-RateLimit-", "X-Rate-Limit-", "RateLimit-"}

// rateLimitReset returns the time until an exhausted rate limit is reset. With 429, which
// itself reports an exhausted limit, the number of remaining requests may be absent.
func (a *answer) rateLimitReset(clocks clockPair) (delay time.Duration, told bool) {
	for _, prefix := range rateLimits {
		remaining := a.header.Get(prefix + "Remaining")
		if !isZero(remaining) && (remaining != "" || a.status != http.StatusTooManyRequests) {
			continue
		}
		if reset, known := parseReset(a.header.Get(prefix+"Reset"), clocks); known {
			delay, told = max(delay, reset), true
		}
	}
	for _, value := range a.header[http.CanonicalHeaderKey("RateLimit")] {
		if reset, known := usedUp(value); known {
			delay, told = max(delay, reset), true
		}
	}
	return delay, told
}

// isZero reports whether a header says that no requests remain. It ignores a policy after the
// number, as in "0;w=60".
func isZero(remaining string) bool {
	number, _, _ := strings.Cut(remaining, ";")
	number = strings.TrimSpace(number)
	return number != "" && strings.Trim(number, "0") == ""
}

// Numbers of at least this size are times since 1970, in seconds or milliseconds. Smaller ones
// are seconds from now: no limit is reset only after 30 years.
const (
	leastEpochSeconds      = 1e9
	leastEpochMilliseconds = 1e12
)

// parseReset reads when a rate limit is reset: seconds from now, a time since
// 1970, or a date.
func parseReset(text string, clocks clockPair) (delay time.Duration, told bool) {
	text = strings.TrimSpace(text)
	if !decimal.MatchString(text) {
		return parseRetryAfter(text, clocks)
	}
	number, _ := strconv.ParseFloat(text, 64) // a number out of range is infinite
	switch {
	case number < leastEpochSeconds:
		return parseSeconds(text)
	case number < leastEpochMilliseconds:
		number *= 1000
	case number > 1000*leastEpochMilliseconds:
		return maximumRetryAfter, true
	}
	return clocks.until(time.UnixMilli(int64(math.Ceil(number)))), true
}

// The members of the header RateLimit: `"policy";r=0;t=30` since the seventh
// draft, and `limit=10, remaining=0, reset=30` before.
var (
	quotaMember  = regexp.MustCompile(`(?:^|[;,\s])(?:r|remaining)\s*=\s*([0-9]+)`)
	windowMember = regexp.MustCompile(`(?:^|[;,\s])(?:t|reset)\s*=\s*([0-9]+)`)
)

// usedUp returns the longest time until an exhausted policy allows requests again.
func usedUp(header string) (delay time.Duration, told bool) {
	policies := strings.Split(header, ",")
	if strings.Contains(header, "remaining") {
		policies = []string{header}
	}
	for _, policy := range policies {
		remaining, window := quotaMember.FindStringSubmatch(policy), windowMember.FindStringSubmatch(policy)
		if remaining == nil || window == nil || !isZero(remaining[1]) {
			continue
		}
		if reset, known := parseSeconds(window[1]); known {
			delay, told = max(delay, reset), true
		}
	}
	return delay, told
}
