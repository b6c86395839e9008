package delivery

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/expr"
)

// teamsMessage bounds a message to Teams, in bytes ("Create Incoming Webhooks").
const teamsMessage = 28 << 10

// checkPreset checks a message against the limits of the chat that receives it.
func checkPreset(preset string, body []byte) error {
	if preset == "" {
		return nil
	}
	var err error
	var problems []error
	switch preset {
	case latch.PresetSlack:
		problems, err = checkSlack(body)
	case latch.PresetDiscord:
		problems, err = checkDiscord(body)
	case latch.PresetTeams:
		err = decodeMessage(body, &struct{}{})
		problems = atMost(nil, "the message", len(body), teamsMessage, "bytes")
	}
	if err != nil {
		return fmt.Errorf("its body is no message for %s, which takes a JSON object: %w", preset, err)
	}
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("%s would not take all of its body: %w", preset, err)
	}
	return nil
}

// escapeFor returns how values are escaped in the chat's texts, or nil if they need no
// escaping.
func escapeFor(preset string) expr.Escape {
	if preset == latch.PresetSlack {
		return escapeForSlack
	}
	return nil
}

// decodeMessage decodes the fields that have limits. The chat itself checks all others.
func decodeMessage(body []byte, into any) error {
	if !startsObject(body) {
		return fmt.Errorf("it begins with %q", excerpt.First(cleanText(strings.TrimSpace(string(body))), 20))
	}
	return json.Unmarshal(body, into)
}

// atMost adds a problem if a count exceeds the limit.
func atMost(problems []error, what string, count, limit int, unit string) []error {
	if count <= limit {
		return problems
	}
	return append(problems, fmt.Errorf("%s has %d %s, more than the limit of %d", what, count, unit, limit))
}

// teamsFailure is the beginning of a connector's 200 answer that reports a message it could not
// post ("Create Incoming Webhooks", "Rate limiting").
const teamsFailure = "Webhook message delivery failed with error"

var teamsStatus = regexp.MustCompile(`HTTP error ([1-5][0-9]{2})\b`)
