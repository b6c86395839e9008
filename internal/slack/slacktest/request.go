package slacktest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strconv"
	"time"
)

// SigningSecret is the app's.
const SigningSecret = "8f742231b10e8888abcd99yyyzzz85a5"

// A Request is what Slack sends: a body and its headers.
type Request struct {
	Body    string
	Headers map[string]string
}

// Signed returns the request with a payload that Slack sends at a time.
func Signed(payload any, at time.Time) Request {
	encoded, err := json.Marshal(payload)
	if err != nil {
		panic(err) // an error in the test
	}
	return SignedBody(url.Values{"payload": {string(encoded)}}.Encode(), SigningSecret, at)
}

// SignedBody returns a request with any body, signed with a secret.
func SignedBody(body, secret string, at time.Time) Request {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + stamp + ":" + body))
	return Request{body, map[string]string{"Content-Type": "application/x-www-form-urlencoded", "X-Slack-Request-Timestamp": stamp,
		"X-Slack-Signature": "v0=" + hex.EncodeToString(mac.Sum(nil))}}
}

// Click is the payload of a click on the button of a message. message is the message as it was
// posted, and action the button's action_id.
func (s *Slack) Click(user string, message map[string]any, action string, at time.Time) map[string]any {
	value := ""
	blocks, _ := message["blocks"].([]any)
	for _, block := range blocks {
		elements, _ := block.(map[string]any)["elements"].([]any)
		for _, element := range elements {
			if button, _ := element.(map[string]any); button["action_id"] == action {
				value, _ = button["value"].(string)
			}
		}
	}
	shown := map[string]any{"type": "message", "subtype": "bot_message", "ts": "1767326126.896109", "bot_id": "B0BOT",
		"text": message["text"], "blocks": message["blocks"]}
	stamp := strconv.FormatInt(at.Unix(), 10) + "." + strconv.FormatInt(int64(at.Nanosecond())/1000+1_000_000, 10)[1:]
	return map[string]any{"type": "block_actions",
		"user":       map[string]any{"id": user, "username": "someone", "name": "someone", "team_id": Team},
		"api_app_id": "A0APP", "token": "legacy", "trigger_id": "10215325802133.3901254001572.2e2548aa918b35fd",
		"container":    map[string]any{"type": "message", "message_ts": "1767326126.896109", "channel_id": "C0CHAN", "is_ephemeral": false},
		"team":         map[string]any{"id": Team, "domain": "example"},
		"enterprise":   nil,
		"channel":      map[string]any{"id": "C0CHAN", "name": "releases"},
		"message":      shown,
		"state":        map[string]any{"values": map[string]any{}},
		"response_url": s.ResponseURL(),
		"actions": []any{map[string]any{"type": "button", "block_id": "latch-buttons", "action_id": action, "value": value,
			"text": map[string]any{"type": "plain_text", "text": "Approve", "emoji": true}, "action_ts": stamp}}}
}

// Submission is the payload of a modal that somebody has filled in. view is the modal as it was
// opened, and filled the inputs by their block_id: a text, or an option of a select as
// map[string]any{"option": value}.
func Submission(user string, view, filled map[string]any) map[string]any {
	values := map[string]any{}
	for block, given := range filled {
		input := map[string]any{"type": "plain_text_input", "value": given}
		if option, is := given.(map[string]any); is {
			input = map[string]any{"type": "static_select", "selected_option": map[string]any{
				"text": map[string]any{"type": "plain_text", "text": "x"}, "value": option["option"]}}
		}
		values[block] = map[string]any{"value": input}
	}
	return map[string]any{"type": "view_submission", "team": map[string]any{"id": Team, "domain": "example"},
		"user": map[string]any{"id": user, "name": "someone", "username": "someone",
			"team_id": Team}, "api_app_id": "A0APP", "token": "legacy",
		"trigger_id": "10215325802133.3901254001572.2e2548aa918b35fe", "response_urls": []any{}, "enterprise": nil,
		"view": map[string]any{"id": "V0123", "team_id": Team, "type": "modal", "blocks": view["blocks"],
			"private_metadata": view["private_metadata"],
			"callback_id":      view["callback_id"], "hash": "156772938.1827394", "state": map[string]any{"values": values}, "app_id": "A0APP",
			"bot_id": "B0BOT"}}
}
