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

// presetVerdict checks the body of a 2xx answer, because chats report some failures only there.
// It returns nil if the delivery succeeded.
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

// slackVerdict expects the text "ok" or, from a workflow's trigger, JSON with ok.
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
	status, _ := strconv.Atoi(inner[1]) // the pattern matches only digits
	found := c.newStatusError(status)
	found.message = told
	return found
}
