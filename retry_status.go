package latch

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strconv"
)

// A StatusCode is one HTTP status, such as 404, or a class of statuses: StatusCode(5) is "5xx".
// In JSON it is a number, or a string such as "5xx".
type StatusCode int

// maximumStatuses bounds a list of statuses.
const maximumStatuses = 100

var statusText = regexp.MustCompile(`^([1-9])xx$|^([1-9][0-9][0-9])$`)

// String returns the status as in JSON, without quotes.
func (s StatusCode) String() string {
	if s.isClass() {
		return strconv.Itoa(int(s)) + "xx"
	}
	return strconv.Itoa(int(s))
}

// isClass reports whether it is a class of statuses.
func (s StatusCode) isClass() bool { return s < 10 }

// class returns the first digit.
func (s StatusCode) class() StatusCode {
	if s.isClass() {
		return s
	}
	return s / 100
}

// MarshalJSON encodes a number, or a string for a class.
func (s StatusCode) MarshalJSON() ([]byte, error) {
	if s.isClass() {
		return json.Marshal(s.String())
	}
	return json.Marshal(int(s))
}

// UnmarshalJSON decodes a number or a string.
func (s *StatusCode) UnmarshalJSON(data []byte) error {
	var problems Problems
	decodeStatus(&problems, "", data, reflect.ValueOf(s).Elem())
	return problems.Err()
}

// decodeStatus decodes 404, "404" or "4xx".
func decodeStatus(problems *Problems, path string, data json.RawMessage, target reflect.Value) {
	text := string(data)
	if isString(data) {
		_ = json.Unmarshal(data, &text) // it is valid JSON
	}
	match := statusText.FindStringSubmatch(text)
	if match == nil || match[1] != "" && !isString(data) {
		problems.Addf(path, `must be an HTTP status such as 404, or a class of them such as "5xx", not %s`, abbreviate(data))
		return
	}
	number, _ := strconv.Atoi(match[1] + match[2]) // the pattern matches only digits
	target.SetInt(int64(number))
}

// Again reports whether an answer with the status is retried, and whether On or NotOn contain
// it. A status takes precedence over its class.
func (r *Retry) Again(status int) (again, said bool) {
	if r == nil {
		return false, false
	}
	for _, each := range []StatusCode{StatusCode(status), StatusCode(status / 100)} {
		switch {
		case slices.Contains(r.NotOn, each):
			return false, true
		case slices.Contains(r.On, each):
			return true, true
		}
	}
	return false, false
}

// validateStatuses checks On and NotOn.
func (r *Retry) validateStatuses(problems *Problems, path string, takes schedules) {
	for _, list := range []struct {
		key      string
		statuses []StatusCode
		least    StatusCode
		why      string
	}{
		{"on", r.On, 2, "an answer comes from 200 on"},
		{"not_on", r.NotOn, 3, "a 2xx is delivered; give success to say which one is not"},
	} {
		at := field(path, list.key)
		switch {
		case list.statuses == nil:
			continue
		case takes == noSchedule:
			problems.Addf(at, "webhooks and http tasks alone take statuses")
			continue
		case len(list.statuses) > maximumStatuses:
			problems.Addf(at, "has %d statuses; the limit is %d", len(list.statuses), maximumStatuses)
			continue
		}
		for i, status := range list.statuses {
			switch {
			case status.class() < list.least:
				problems.Addf(element(at, i), "%s: %s", status, list.why)
			case slices.Contains(list.statuses[:i], status):
				problems.Addf(element(at, i), "%s is given twice", status)
			case list.key == "not_on" && slices.Contains(r.On, status):
				problems.Addf(element(at, i), "%s stands in on, too", status)
			}
		}
	}
}

// checkSuccess adds a problem if no answer could be a success with the retry.
func (r *Retry) checkSuccess(problems *Problems, path, success string) {
	if r != nil && success == "" && slices.Contains(r.On, StatusCode(2)) {
		problems.Addf(element(field(path, "on"), slices.Index(r.On, StatusCode(2))), "2xx: no answer would be a success; give success to say which one is")
	}
}
