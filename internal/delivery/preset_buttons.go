package delivery

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/slack"
)

// withButtons returns a chat's message about a lock with the buttons by which people decide it.
// Any other body stays as it is, and so does one that is no message: the chat's limits tell of
// that.
func (d *draft) withButtons(body []byte) ([]byte, error) {
	if d.Lock == "" || !d.Webhook.HasButtons() || !startsObject(body) {
		return body, nil
	}
	var err error
	switch d.Webhook.Preset {
	case latch.PresetSlack:
		body, err = slack.WithButtons(body, slack.Value{Lock: d.Lock, Digest: d.LockDigest}, d.LockURL)
	case latch.PresetTeams:
		body, err = teamsButtons(body, d.LockURL)
	}
	if err != nil {
		return nil, fmt.Errorf("its body takes no buttons (interactive): %w", err)
	}
	return body, nil
}

// adaptiveCard is the content type of an Adaptive Card in a message to Teams ("Create Incoming
// Webhooks", "Send Adaptive Cards using an Incoming Webhook").
const adaptiveCard = "application/vnd.microsoft.card.adaptive"

// members are those of a JSON object.
type members = map[string]json.RawMessage

// teamsButtons adds buttons to the Adaptive Card of a message, or to a card that is the message
// itself. A message of text alone becomes a card. The buttons are links to the lock's page: a
// webhook's card can have no others.
func teamsButtons(message []byte, link string) ([]byte, error) {
	if link == "" {
		return message, nil
	}
	var fields members
	if err := json.Unmarshal(message, &fields); err != nil {
		return nil, err
	}
	if string(fields["type"]) == `"AdaptiveCard"` {
		err := addActions(fields, link)
		return rawjson.Encode(fields), err
	}
	var attachments []members
	if given := fields["attachments"]; given != nil && json.Unmarshal(given, &attachments) != nil {
		return nil, errors.New("attachments is not a list of objects")
	}
	if len(attachments) == 0 && fields["text"] != nil {
		attachments = []members{cardOf(fields["text"])}
		fields = members{"type": rawjson.Encode("message")}
	}
	for _, attachment := range attachments {
		if string(attachment["contentType"]) != string(rawjson.Encode(adaptiveCard)) {
			continue
		}
		var card members
		if err := json.Unmarshal(attachment["content"], &card); err != nil || card == nil {
			return nil, errors.New("the content of its Adaptive Card is not an object")
		}
		if err := addActions(card, link); err != nil {
			return nil, err
		}
		attachment["content"] = rawjson.Encode(card)
		fields["attachments"] = rawjson.Encode(attachments)
		return rawjson.Encode(fields), nil
	}
	return nil, errors.New("it has neither an Adaptive Card among its attachments nor a text")
}

// cardOf returns an attachment with a card that shows a text, which is JSON.
func cardOf(text json.RawMessage) members {
	card := map[string]any{"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
		"body": []any{map[string]any{"type": "TextBlock", "text": text, "wrap": true}}}
	return members{"contentType": rawjson.Encode(adaptiveCard), "content": rawjson.Encode(card)}
}

// addActions adds the buttons to those of a card.
func addActions(card members, link string) error {
	var actions []json.RawMessage
	if given := card["actions"]; given != nil && json.Unmarshal(given, &actions) != nil {
		return errors.New("the actions of its Adaptive Card are not a list")
	}
	for _, button := range []struct{ title, url, style string }{
		{"Approve", locklink.WithChoice(link, locklink.ChoiceApprove), "positive"},
		{"Reject", locklink.WithChoice(link, locklink.ChoiceReject), "destructive"},
		{"Open", link, "default"},
	} {
		actions = append(actions, rawjson.Encode(map[string]any{"type": "Action.OpenUrl", "title": button.title,
			"url": button.url, "style": button.style}))
	}
	card["actions"] = rawjson.Encode(actions)
	return nil
}
