package delivery

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
)

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
