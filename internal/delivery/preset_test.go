package delivery

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// A message over its chat's documented limits fails permanently, names the limit and is not
// sent.
func TestPresetLimits(t *testing.T) {
	t.Parallel()
	text := func(key string, length int) string { return fmt.Sprintf(`{%q:%q}`, key, strings.Repeat("é", length)) }
	list := func(key string, length int) string {
		return fmt.Sprintf(`{%q:[%s]}`, key, strings.TrimSuffix(strings.Repeat(`{},`, length), ","))
	}
	embeds := func(length int) string {
		half := strings.Repeat("x", length/2)
		return `{"embeds":[{"description":"` + half + `"},{"description":"` + half[1:] + `","author":{"name":"a"}}]}`
	}
	for name, test := range map[string]struct {
		preset, body string
		want         string
	}{
		"slack, text":               {latch.PresetSlack, text("text", 40000), ""},
		"slack, too much text":      {latch.PresetSlack, text("text", 40001), "text has 40001 characters, more than the limit of 40000"},
		"slack, blocks":             {latch.PresetSlack, list("blocks", 50), ""},
		"slack, too many blocks":    {latch.PresetSlack, list("blocks", 51), "blocks has 51 elements, more than the limit of 50"},
		"slack, attachments":        {latch.PresetSlack, list("attachments", 101), "attachments has 101 elements, more than the limit of 100"},
		"slack, no object":          {latch.PresetSlack, `["text"]`, "no message for slack"},
		"slack, of another type":    {latch.PresetSlack, `{"text":5}`, "no message for slack"},
		"discord, content":          {latch.PresetDiscord, text("content", 2000), ""},
		"discord, too much content": {latch.PresetDiscord, text("content", 2001), "content has 2001 characters, more than the limit of 2000"},
		"discord, embeds":           {latch.PresetDiscord, list("embeds", 11), "embeds has 11 elements, more than the limit of 10"},
		"discord, embeds' text":     {latch.PresetDiscord, embeds(6000), ""},
		"discord, too much of it":   {latch.PresetDiscord, embeds(6002), "the text of all embeds has 6002 characters"},
		"teams":                     {latch.PresetTeams, `{"text":"` + strings.Repeat("x", 28<<10-11) + `"}`, ""},
		"teams, too large": {latch.PresetTeams, `{"text":"` + strings.Repeat("x", 28<<10-10) + `"}`,
			"the message has 28673 bytes, more than the limit of 28672"},
		"no preset": {"", text("content", 3000), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			receiver := newReceiver(t, answering(200, "ok", nil))
			r := request(receiver.URL)
			r.Webhook.Preset, r.Webhook.Body = test.preset, json.RawMessage(test.body)
			_, err := local(t, nil).Send(t.Context(), r, 1)
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			var permanent *PermanentError
			require.ErrorAs(t, err, &permanent)
			require.ErrorContains(t, err, test.want)
			require.Empty(t, receiver.got)
		})
	}
}

// The body of a chat's answer decides if the status does not.
func TestPresetAnswers(t *testing.T) {
	t.Parallel()
	const teams = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error %d with ContextId tcid=0,server=x"
	for name, test := range map[string]struct {
		preset    string
		status    int
		body      string
		delivered bool
		retried   bool
		want      string
	}{
		"slack, ok":                      {latch.PresetSlack, 200, "ok", true, false, ""},
		"slack, a trigger's ok":          {latch.PresetSlack, 200, `{"ok":true}`, true, false, ""},
		"slack, not ok":                  {latch.PresetSlack, 200, `{"ok":false,"error":"x"}`, false, false, "does not say ok"},
		"slack, an error's text":         {latch.PresetSlack, 200, "invalid_payload", false, false, "invalid_payload"},
		"slack, a page in front of it":   {latch.PresetSlack, 200, "<html>", false, false, "does not say ok"},
		"slack, gone":                    {latch.PresetSlack, 404, "no_service", false, false, "gone"},
		"slack, gone with 200":           {latch.PresetSlack, 200, "no_service", false, false, "the endpoint is gone"},
		"slack, busy":                    {latch.PresetSlack, 429, "rate_limited", false, true, "429"},
		"discord":                        {latch.PresetDiscord, 204, "", true, false, ""},
		"discord, waited for":            {latch.PresetDiscord, 200, `{"id":"1"}`, true, false, ""},
		"discord, no such webhook":       {latch.PresetDiscord, 404, `{"message":"Unknown Webhook","code":10015}`, false, false, "404"},
		"teams, workflow":                {latch.PresetTeams, 202, "", true, false, ""},
		"teams, connector":               {latch.PresetTeams, 200, "1", true, false, ""},
		"teams, connector too fast":      {latch.PresetTeams, 200, fmt.Sprintf(teams, 429), false, true, "HTTP error 429"},
		"teams, connector down":          {latch.PresetTeams, 200, fmt.Sprintf(teams, 502), false, true, "HTTP error 502"},
		"teams, connector too large":     {latch.PresetTeams, 200, fmt.Sprintf(teams, 413), false, false, "HTTP error 413"},
		"teams, connector without words": {latch.PresetTeams, 200, teamsFailure, false, false, "delivery failed"},
		"no preset reads no body":        {"", 200, fmt.Sprintf(teams, 413), true, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			receiver := newReceiver(t, answering(test.status, test.body, nil))
			r := request(receiver.URL)
			r.Webhook.Preset, r.Webhook.Body = test.preset, json.RawMessage(`{"text":"done"}`)
			_, err := local(t, nil).Send(t.Context(), r, 1)
			if test.delivered {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.want)
			require.Equal(t, test.retried, Retryable(err))
		})
	}
}
