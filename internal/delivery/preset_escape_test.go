package delivery

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/rawjson"
)

// With preset slack a value in a text is data: it notifies nobody and makes no link, however
// the body is given. The template's own text, addresses and ids stay as they are.
func TestValuesInSlackTexts(t *testing.T) {
	t.Parallel()
	variables := expr.Variables{"vars": rawjson.Encode(map[string]any{
		"ring": "<!channel> R&D", "url": "https://x.example/?a=1&b=2", "user": "U1", "bang": "!channel", "n": json.Number("1.50"),
		"fields": []any{map[string]any{"title": "<!here>", "value": "a&b", "short": true}},
	})}
	for name, test := range map[string]struct{ body, want string }{
		"text":        {`{"text":"${vars.ring}"}`, `{"text":"&lt;!channel&gt; R&amp;D"}`},
		"within text": {`{"text":"*<!here>* & ${vars.ring}: ${vars.n}"}`, `{"text":"*<!here>* & &lt;!channel&gt; R&amp;D: 1.50"}`},
		"in a block": {`{"blocks":[{"type":"section","text":{"type":"mrkdwn","text":"a ${vars.ring}"}}]}`,
			`{"blocks":[{"type":"section","text":{"type":"mrkdwn","text":"a &lt;!channel&gt; R&amp;D"}}]}`},
		"in a context": {`{"blocks":[{"type":"context","elements":[{"type":"mrkdwn","text":"${vars.ring}"}]}]}`,
			`{"blocks":[{"type":"context",` +
				`"elements":[{"type":"mrkdwn","text":"&lt;!channel&gt; R&amp;D"}]}]}`},
		"in an attachment": {`{"attachments":[{"title":"${vars.ring}","title_link":"${vars.url}",` +
			`"fields":[{"title":"t","value":"${vars.ring}"}]}]}`, `{"attachments":[{"title":"&lt;!channel&gt; R&amp;D",` +
			`"title_link":"https://x.example/?a=1&b=2",` +
			`"fields":[{"title":"t","value":"&lt;!channel&gt; R&amp;D"}]}]}`},
		"a button": {`{"blocks":[{"type":"actions",` +
			`"elements":[{"type":"button","text":{"type":"plain_text","text":"${vars.ring}"},"url":"${vars.url}",` +
			`"value":"${vars.ring}","action_id":"a&${vars.user}"}]}]}`, `{"blocks":[{"type":"actions",` +
			`"elements":[{"type":"button","text":{"type":"plain_text","text":"&lt;!channel&gt; R&amp;D"},` +
			`"url":"https://x.example/?a=1&b=2","value":"<!channel> R&D","action_id":"a&U1"}]}]}`},
		"an image": {`{"blocks":[{"type":"image","image_url":"${vars.url}","alt_text":"${vars.ring}"}]}`,
			`{"blocks":[{"type":"image",` +
				`"image_url":"https://x.example/?a=1&b=2","alt_text":"&lt;!channel&gt; R&amp;D"}]}`},
		"a link of the template's": {`{"text":"<${vars.url}|${vars.ring}> <@${vars.user}>"}`,
			`{"text":"<https://x.example/?a=1&amp;b=2|&lt;!channel&gt; R&amp;D> <@U1>"}`},
		"a mention for an address": {`{"text":"<${vars.bang}|run>"}`, `{"text":"<%21channel|run>"}`},
		"a value of many": {`{"attachments":[{"fields":"${vars.fields}"}]}`,
			`{"attachments":[{"fields":[{"short":true,"title":"&lt;!here&gt;","value":"a&amp;b"}]}]}`},
		"an expression's own text": {`{"text":"${'<!channel>'}"}`, `{"text":"&lt;!channel&gt;"}`},
		"a workflow's variables":   {`{"title":"${vars.ring}"}`, `{"title":"<!channel> R&D"}`},
		"a number":                 {`{"text":"a","n":"${vars.n}"}`, `{"text":"a","n":1.50}`},

		"given as text":   {`"{\"text\": \"<!here> ${vars.ring}\"}"`, `{"text": "<!here> &lt;!channel&gt; R&amp;D"}`},
		"a value in JSON": {`"{\"text\": ${vars.ring}, \"n\":${vars.n}}"`, `{"text": "&lt;!channel&gt; R&amp;D", "n":1.50}`},
		"many in JSON": {`"{\"attachments\":[{\"fields\":${vars.fields}}]}"`,
			`{"attachments":[{"fields":[{"short":true,"title":"&lt;!here&gt;","value":"a&amp;b"}]}]}`},
		"an address in text": {`"{\"blocks\":[{\"type\":\"image\",\"image_url\":\"${vars.url}\"}]}"`,
			`{"blocks":[{"type":"image","image_url":"https://x.example/?a=1&b=2"}]}`},
		"an escaped bracket": {`"{\"text\":\"\\u003c${vars.bang}|run>\"}"`, `{"text":"\u003c%21channel|run>"}`},
		"its own characters": {`"{\"text\":\"${\\\"<!channel>\\\"}\"}"`, `{"text":"&lt;!channel&gt;"}`},
		"the template's digits": {`"{\"text\":\"a\",\"own\":1.50,\"own\\ue0000\\ue001\":\"${vars.n}\"}"`,
			`{"text":"a","own":1.50,"own\ue0000\ue001":"1.50"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			receiver := newReceiver(t, answering(200, "ok", nil))
			r := request(receiver.URL)
			r.Webhook.Preset, r.Webhook.Body, r.Variables = latch.PresetSlack, json.RawMessage(test.body), variables
			_, err := local(t, nil).Send(t.Context(), r, 1)
			require.NoError(t, err)
			require.Equal(t, test.want, receiver.last(t).body)

			r.Webhook.Preset = ""
			_, err = local(t, nil).Send(t.Context(), r, 1)
			require.NoError(t, err)
			require.NotContains(t, receiver.last(t).body, "&lt;", "without the preset values are as they are")
		})
	}
}

// With preset discord nobody is notified, unless the body says who may be.
func TestDiscordPingsNobody(t *testing.T) {
	t.Parallel()
	for _, row := range [][2]string{
		{`{"content":"${vars.title}"}`, `{"allowed_mentions":{"parse":[]},"content":"@everyone <@&1>"}`},
		{`{"content":"a","allowed_mentions":{"parse":["users"]}}`, `{"content":"a","allowed_mentions":{"parse":["users"]}}`},
		{`"{ \"content\": \"${vars.title}\" }"`, `{"allowed_mentions":{"parse":[]}, "content": "@everyone <@&1>" }`},
		{`"{\"content\":\"a\",\"allowed_m\\u0065ntions\":{\"parse\":[]}}"`, `{"content":"a","allowed_m\u0065ntions":{"parse":[]}}`},
		{`{"embeds":[{"title":"a","fields":[]}]}`, `{"allowed_mentions":{"parse":[]},"embeds":[{"title":"a","fields":[]}]}`},
		{`{"content":"about allowed_mentions","nested":{"allowed_mentions":1}}`, `{"allowed_mentions":{"parse":[]},` +
			`"content":"about allowed_mentions","nested":{"allowed_mentions":1}}`},
	} {
		body, want := row[0], row[1]
		receiver := newReceiver(t, answering(204, "", nil))
		r := request(receiver.URL)
		r.Webhook.Preset, r.Webhook.Body = latch.PresetDiscord, json.RawMessage(body)
		r.Variables = expr.Variables{"vars": []byte(`{"title":"@everyone <@&1>"}`)}
		_, err := local(t, nil).Send(t.Context(), r, 1)
		require.NoError(t, err, body)
		require.Equal(t, want, receiver.last(t).body)
	}
}
