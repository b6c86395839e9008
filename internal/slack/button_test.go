package slack_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/slack"
)

var named = slack.Value{Lock: "release-1:chat:abc", Digest: "sha256:11"}

type posted struct {
	Text   string
	Blocks []struct {
		Type     string
		ID       string `json:"block_id"`
		Text     struct{ Type, Text string }
		Elements []struct {
			Action  string `json:"action_id"`
			Value   string
			URL     string
			Confirm json.RawMessage
		}
	}
	Number json.RawMessage
}

func withButtons(t *testing.T, message, link string) posted {
	t.Helper()
	made, err := slack.WithButtons([]byte(message), named, link)
	require.NoError(t, err)
	var read posted
	require.NoError(t, json.Unmarshal(made, &read))
	return read
}

// A message gets the buttons as its last block. They name the lock and what it showed, and a
// message of text keeps its text in sight.
func TestWithButtons(t *testing.T) {
	t.Parallel()
	read := withButtons(t, `{"text":"Ship <it>?","number":1.50}`, "https://latch.example.com/locks/x")
	require.Equal(t, "Ship <it>?", read.Text)
	require.JSONEq(t, "1.50", string(read.Number))
	require.Contains(t, string(read.Number), "1.50", "numbers keep their digits")
	require.Len(t, read.Blocks, 2)
	require.Equal(t, "section", read.Blocks[0].Type)
	require.Equal(t, "Ship <it>?", read.Blocks[0].Text.Text)
	require.Equal(t, "mrkdwn", read.Blocks[0].Text.Type)
	buttons := read.Blocks[1]
	require.Equal(t, "actions", buttons.Type)
	require.Equal(t, slack.ButtonsBlock, buttons.ID)
	require.Len(t, buttons.Elements, 3)
	for i, action := range []string{slack.ActionApprove, slack.ActionReject} {
		require.Equal(t, action, buttons.Elements[i].Action)
		value, err := slack.ParseValue(buttons.Elements[i].Value)
		require.NoError(t, err)
		require.Equal(t, named, value)
	}
	require.NotEmpty(t, buttons.Elements[1].Confirm, "a rejection asks whether it is meant")
	require.Equal(t, "https://latch.example.com/locks/x", buttons.Elements[2].URL)
	require.Empty(t, buttons.Elements[2].Value)

	require.Len(t, withButtons(t, `{"text":"a"}`, "").Blocks[1].Elements, 2, "without an address there is no page to open")
	require.Equal(t, "plain_text", withButtons(t, `{"text":"*a*","mrkdwn":false}`, "").Blocks[0].Text.Type)
	own := withButtons(t, `{"text":"a","blocks":[{"type":"divider"}]}`, "")
	require.Len(t, own.Blocks, 2, "blocks of the message's own stay as they are")
	require.Equal(t, "divider", own.Blocks[0].Type)
	require.Len(t, withButtons(t, `{"attachments":[{}],"blocks":null}`, "").Blocks, 1)
	_, err := slack.WithButtons([]byte(`{"blocks":5}`), named, "")
	require.ErrorContains(t, err, "blocks is not a list")
}

// A long text is cut into sections that Slack takes, at its lines.
func TestALongTextBecomesSections(t *testing.T) {
	t.Parallel()
	text := strings.Repeat(strings.Repeat("é", 99)+"\n", 65) + strings.Repeat("x", 7000)
	encoded, err := json.Marshal(map[string]string{"text": text})
	require.NoError(t, err)
	read := withButtons(t, string(encoded), "")
	var all []string
	for _, block := range read.Blocks[:len(read.Blocks)-1] {
		require.LessOrEqual(t, len([]rune(block.Text.Text)), 3000)
		all = append(all, block.Text.Text)
	}
	require.Equal(t, strings.ReplaceAll(text, "\n", ""), strings.ReplaceAll(strings.Join(all, ""), "\n", ""))
	require.True(t, strings.HasSuffix(all[0], "é"), "it is cut at a line")
}

// What a button does not name is no lock.
func TestParseValue(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "x", "{}", `{"digest":"sha256:11"}`, `{"lock":5}`} {
		_, err := slack.ParseValue(text)
		require.Error(t, err, text)
	}
}

// A message shows how its lock stands, once, and keeps its buttons while the lock is open.
func TestReplacing(t *testing.T) {
	t.Parallel()
	block := func(text string) json.RawMessage { return json.RawMessage(text) }
	message := slack.Message{Text: "Ship?", Attachments: block(`[{"text":"more"}]`), Blocks: []json.RawMessage{
		block(`{"type":"divider"}`), block(`{"type":"section","block_id":"latch-state","text":{"type":"mrkdwn","text":"old"}}`), block(`{"type":"actions","block_id":"latch-buttons"}`)}}
	shown := func(open bool, state string) string {
		encoded, err := json.Marshal(message.Replacing(state, open))
		require.NoError(t, err)
		return string(encoded)
	}
	require.JSONEq(t, `{"replace_original":true,"text":"Ship?","attachments":[{"text":"more"}],"blocks":[{"type":"divider"},
		{"type":"section","block_id":"latch-state","text":{"type":"mrkdwn","text":"new"}},{"type":"actions","block_id":"latch-buttons"}]}`, shown(true, "new"))
	require.JSONEq(t, `{"replace_original":true,"text":"Ship?","attachments":[{"text":"more"}],"blocks":[{"type":"divider"},
		{"type":"section","block_id":"latch-state","text":{"type":"mrkdwn","text":"new"}}]}`, shown(false, "new"))
	for len(message.Blocks) < 51 {
		message.Blocks = append(message.Blocks, block(`{"type":"divider"}`))
	}
	require.NotContains(t, shown(true, "new"), "new", "Slack takes no more blocks")
	require.Contains(t, shown(false, "new"), "new")
	require.JSONEq(t, `{"response_type":"ephemeral","replace_original":false,"text":"&lt;!channel&gt; &amp;"}`,
		string(encode(t, slack.Ephemeral("<!channel> &"))))
}

func encode(t *testing.T, value any) []byte {
	t.Helper()
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	return encoded
}
