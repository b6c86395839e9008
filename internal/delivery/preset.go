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

// teamsMessage bounds a message of Teams, in bytes ("Create Incoming
// Webhooks").
const teamsMessage = 28 << 10

// checkPreset holds a message to the limits of the chat that it goes to.
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

// escapeFor returns how the chat has values escaped that stand in its texts;
// nil where it takes them as they are.
func escapeFor(preset string) expr.Escape {
	if preset == latch.PresetSlack {
		return escapeForSlack
	}
	return nil
}

// decodeMessage reads what a limit is about; other fields are the chat's own
// to judge.
func decodeMessage(body []byte, into any) error {
	if !startsObject(body) {
		return fmt.Errorf("it begins with %q", excerpt.First(cleanText(strings.TrimSpace(string(body))), 20))
	}
	return json.Unmarshal(body, into)
}

// atMost adds a problem where there is more of something than the limit.
func atMost(problems []error, what string, count, limit int, unit string) []error {
	if count <= limit {
		return problems
	}
	return append(problems, fmt.Errorf("%s has %d %s, more than the limit of %d", what, count, unit, limit))
}

// teamsFailure begins what a connector answers with 200 where it could not
// post the message ("Create Incoming Webhooks", "Rate limiting").
const teamsFailure = "Webhook message delivery failed with error"

var teamsStatus = regexp.MustCompile(`HTTP error ([1-5][0-9]{2})\b`)
