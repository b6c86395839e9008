package delivery

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

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

// presetVerdict looks into the body of an answer of 2xx, where chats say what
// their status does not; nil is delivered.
func (a *answer) presetVerdict(preset string, c *call) error {
	if unknown := cmp.Or(a.uncoded, a.uncharted); unknown != "" && (preset == latch.PresetSlack || preset == latch.PresetTeams) {
		return permanentf("%s", c.tell(fmt.Sprintf("%s, but %s cannot be understood: %s", a.statusText(), preset, unknown)))
	}
	switch preset {
	case latch.PresetSlack:
		if a.goneWord() != "" {
			return a.statusError(c, time.Time{}) // whatever the status
		}
		return a.slackVerdict(c)
	case latch.PresetTeams:
		return a.teamsVerdict(c)
	default:
		return nil
	}
}

// slackVerdict asks for ok, as text or, of a workflow's trigger, as JSON.
func (a *answer) slackVerdict(c *call) error {
	var body struct {
		OK bool `json:"ok"`
	}
	if strings.TrimSpace(string(a.body)) == "ok" || a.read().isJSON() && json.Unmarshal(a.body, &body) == nil && body.OK {
		return nil
	}
	return permanentf("%s", c.tell(fmt.Sprintf("%s, but Slack's body does not say ok: %q", a.statusText(), excerpt.First(c.quotable(a), 100))))
}

// teamsFailure begins what a connector answers with 200 where it could not
// post the message ("Create Incoming Webhooks", "Rate limiting").
const teamsFailure = "Webhook message delivery failed with error"

var teamsStatus = regexp.MustCompile(`HTTP error ([1-5][0-9]{2})\b`)

func (a *answer) teamsVerdict(c *call) error {
	text := cleanText(string(a.body))
	if !strings.Contains(text, teamsFailure) {
		return nil
	}
	told := c.tell(fmt.Sprintf("%s, but Teams says: %s", a.statusText(), excerpt.First(c.quotable(a), 200)))
	inner := teamsStatus.FindStringSubmatch(text)
	if inner == nil {
		return permanentf("%s", told)
	}
	status, _ := strconv.Atoi(inner[1]) // the pattern has digits alone
	found := c.newStatusError(status)
	found.message = told
	return found
}
