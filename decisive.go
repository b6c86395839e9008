package latch

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/latch-run/latch/internal/typo"
)

// These keys of a record's data let an endpoint or a person decide if the hook has no
// expression of its own (contract, "Decisions").
const (
	KeyResult          = "result"
	KeyStopRelease     = "stop_release"
	KeyRollbackRelease = "rollback_release"
)

// DecisiveKeys lists these keys.
var DecisiveKeys = [...]string{KeyResult, KeyStopRelease, KeyRollbackRelease}

var (
	numberOne  = regexp.MustCompile(`^1(\.0+)?([eE][+-]?0+)?$`)
	numberZero = regexp.MustCompile(`^-?0(\.0+)?([eE][+-]?[0-9]+)?$`)
)

// Result returns the value of the key "result": [ResultPass] or [ResultFail], in any case of
// letters, or "" if it is absent or null. It returns an error that names any other value.
func (o Object) Result() (string, error) {
	value, given := o.given(KeyResult)
	if !given {
		return "", nil
	}
	switch lower := asciiLower(textOf(value)); lower {
	case ResultPass, ResultFail:
		return lower, nil
	}
	return "", fmt.Errorf(`%s: %s is neither "pass" nor "fail"%s`, KeyResult, abbreviate(value), typo.Hint(textOf(value), []string{ResultPass, ResultFail}))
}

// Truth returns the value of a key such as "stop_release": true, "true" and 1 are true; false,
// "false", 0, null and an absent key are false. It returns an error that names any other value.
func (o Object) Truth(key string) (bool, error) {
	value, given := o.given(key)
	if !given {
		return false, nil
	}
	switch text := string(value); {
	case text == "true", textOf(value) == "true", numberOne.MatchString(text):
		return true, nil
	case text == "false", textOf(value) == "false", numberZero.MatchString(text):
		return false, nil
	}
	return false, fmt.Errorf("%s: %s is neither true nor false", key, abbreviate(value))
}

// Understood returns the error of [Object.Result] or [Object.Truth], depending on the key.
func (o Object) Understood(key string) error {
	if key == KeyResult {
		_, err := o.Result()
		return err
	}
	_, err := o.Truth(key)
	return err
}

// given returns a value without surrounding white space, and whether it is present.
func (o Object) given(key string) (json.RawMessage, bool) {
	value := json.RawMessage(strings.Trim(string(o[key]), " \t\r\n"))
	return value, !isAbsent(value)
}

// textOf returns the text of a JSON string, or "" for every other value.
func textOf(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) != nil {
		return ""
	}
	return text
}

// asciiLower lowers only A to Z, so that no other letter is turned into one of these.
func asciiLower(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}
