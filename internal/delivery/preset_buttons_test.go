package delivery

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

const lockAddress = "https://latch.example.com/locks/r:w:abc?link=sig"

// chatting is a request of a chat's webhook about a lock.
func chatting(url, preset, body string) *protocol.WebhookRequest {
	r := request(url)
	r.Webhook.Preset, r.Webhook.Interactive, r.Webhook.Body = preset, true, json.RawMessage(body)
	r.Lock, r.LockURL, r.LockDigest = "r:w:abc", lockAddress, "sha256:11"
	return r
}

// sent returns the body that a chat was sent.
func sent(t *testing.T, change func(*protocol.WebhookRequest), preset, body string) string {
	t.Helper()
	receiver := newReceiver(t, answering(200, "ok", nil))
	r := chatting(receiver.URL, preset, body)
	if change != nil {
		change(r)
	}
	_, err := local(t, nil).Send(t.Context(), r, 1)
	require.NoError(t, err)
	require.Len(t, receiver.got, 1)
	return string(receiver.got[0].body)
}

// A message in Slack about a lock has the buttons, which name the lock and what it showed. One that
// is about no lock has none, and neither has any message without interactive.
func TestSlackButtons(t *testing.T) {
	t.Parallel()
	var message struct {
		Text   string
		Blocks []struct {
			Type     string
			Elements []struct{ Value, URL string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(sent(t, nil, latch.PresetSlack, `{"text":"Ship ${webhook.id}?"}`)), &message))
	require.Len(t, message.Blocks, 2)
	buttons := message.Blocks[1].Elements
	require.JSONEq(t, `{"lock":"r:w:abc","digest":"sha256:11"}`, buttons[0].Value)
	require.JSONEq(t, buttons[0].Value, buttons[1].Value)
	require.Equal(t, lockAddress, buttons[2].URL)
	for name, change := range map[string]func(*protocol.WebhookRequest){
		"no lock":         func(r *protocol.WebhookRequest) { r.Lock = "" },
		"not interactive": func(r *protocol.WebhookRequest) { r.Webhook.Interactive = false },
	} {
		require.NotContains(t, sent(t, change, latch.PresetSlack, `{"text":"a"}`), "blocks", name)
	}
}

// A card in Teams gets links to the lock's page, one for each choice, after buttons of its own.
func TestTeamsButtons(t *testing.T) {
	t.Parallel()
	type card struct {
		Type    string
		Body    []struct{ Type, Text string }
		Actions []struct{ Type, Title, URL string }
	}
	const own = `{"type":"AdaptiveCard","version":"1.4","body":[{"type":"TextBlock","text":"Ship it?"}],"actions":[{"type":"Action.OpenUrl","title":"Run","url":"https://example.com"}]}`
	for name, test := range map[string]struct {
		body  string
		count int
	}{
		"a text":               {`{"text":"Ship it?"}`, 3},
		"a card":               {`{"type":"message","attachments":[{"contentType":"image/png"},{"contentType":"application/vnd.microsoft.card.adaptive","content":` + own + `}]}`, 4},
		"a card alone":         {own, 4},
		"a card without links": {`{"attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","content":{"type":"AdaptiveCard","body":[{"text":"Ship it?"}]}}]}`, 3},
	} {
		var message struct {
			card
			Attachments []struct {
				ContentType string
				Content     card
			}
		}
		require.NoError(t, json.Unmarshal([]byte(sent(t, nil, latch.PresetTeams, test.body)), &message), name)
		shown := message.card
		if len(message.Attachments) > 0 {
			last := message.Attachments[len(message.Attachments)-1]
			require.Equal(t, "application/vnd.microsoft.card.adaptive", last.ContentType, name)
			shown = last.Content
		}
		require.Equal(t, "Ship it?", shown.Body[0].Text, name)
		require.Len(t, shown.Actions, test.count, name)
		var urls []string
		for _, action := range shown.Actions[test.count-3:] {
			require.Equal(t, "Action.OpenUrl", action.Type, "a button that could act by itself needs a bot")
			urls = append(urls, action.Title+" "+action.URL)
		}
		require.Equal(t, []string{"Approve " + lockAddress + "&choice=approve",
			"Reject " + lockAddress + "&choice=reject", "Open " + lockAddress}, urls, name)
	}
	noLink := func(r *protocol.WebhookRequest) { r.LockURL = "" }
	require.NotContains(t, sent(t, noLink, latch.PresetTeams, `{"text":"a"}`), "Action", "without an address there is no page to link to")
}

// A message that takes no buttons, or has no room for them, fails for good before it is sent.
func TestMessagesThatTakeNoButtons(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ preset, body, says string }{
		"slack, odd blocks": {latch.PresetSlack, `{"blocks":5}`, "its body takes no buttons (interactive): blocks is not a list"},
		"slack, 50 blocks": {latch.PresetSlack,
			`{"blocks":[` + strings.TrimSuffix(strings.Repeat(`{"type":"divider"},`, 50),
				",") + `]}`, "blocks has 51 elements, more than the limit of 50"},
		"slack, no object":       {latch.PresetSlack, `["text"]`, "no message for slack"},
		"teams, nothing to say":  {latch.PresetTeams, `{"title":"x"}`, "it has neither an Adaptive Card among its attachments nor a text"},
		"teams, odd attachments": {latch.PresetTeams, `{"attachments":[5]}`, "attachments is not a list of objects"},
		"teams, odd content": {latch.PresetTeams,
			`{"attachments":[{"contentType":"application/vnd.microsoft.card.adaptive"}]}`, "is not an object"},
		"teams, odd actions": {latch.PresetTeams, `{"type":"AdaptiveCard","actions":{}}`,
			"the actions of its Adaptive Card are not a list"},
		"teams, a connector card": {latch.PresetTeams, `{"@type":"MessageCard","sections":[]}`, "it has neither an Adaptive Card"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			receiver := newReceiver(t, answering(200, "ok", nil))
			_, err := local(t, nil).Send(t.Context(), chatting(receiver.URL, test.preset, test.body), 1)
			var permanent *PermanentError
			require.ErrorAs(t, err, &permanent)
			require.ErrorContains(t, err, test.says)
			require.Empty(t, receiver.got)
		})
	}
}

// The value of a button holds the longest lock that there can be.
func TestTheLongestLockFitsIntoAButton(t *testing.T) {
	t.Parallel()
	long := func(r *protocol.WebhookRequest) {
		r.Lock = fmt.Sprintf("%s:%s:%s", strings.Repeat(`"`, 700), strings.Repeat("e", 200), strings.Repeat("A", 22))
		r.LockDigest = "sha256:" + strings.Repeat("1", 64)
	}
	require.Contains(t, sent(t, long, latch.PresetSlack, `{"text":"a"}`), "latch-approve")
}
