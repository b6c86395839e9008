package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/latch-run/latch/internal/rawjson"
)

// Names of blocks and actions in a message, by which a click is found again.
const (
	ButtonsBlock = "latch-buttons"
	stateBlock   = "latch-state"

	ActionApprove = "latch-approve"
	ActionReject  = "latch-reject"
	ActionOpen    = "latch-open"
)

// Limits of Block Kit (docs.slack.dev, reference of the section block, and of messages), in
// characters and in elements.
const (
	maximumSection = 3_000
	maximumBlocks  = 50
)

// A Value is what a button names: a lock, and the digest of what the lock showed when the
// message was sent. It gives no right to anybody: Slack's signature says who clicked.
type Value struct {
	Lock   string `json:"lock"`
	Digest string `json:"digest,omitempty"`
}

// ParseValue reads the value of a button.
func ParseValue(text string) (Value, error) {
	var value Value
	if err := json.Unmarshal([]byte(text), &value); err != nil || value.Lock == "" {
		return Value{}, errors.New("the button names no lock")
	}
	return value, nil
}

// object is a JSON object of Slack's, which is written with sorted keys.
type object = map[string]any

func plain(text string) object {
	return object{"type": "plain_text", "text": text}
}

// buttons returns the block with the buttons. link is the address of the lock's page, or "".
func buttons(value Value, link string) object {
	named := string(rawjson.Encode(value))
	elements := []object{
		{"type": "button", "action_id": ActionApprove, "text": plain("Approve"), "style": "primary", "value": named},
		{"type": "button", "action_id": ActionReject, "text": plain("Reject"), "style": "danger", "value": named,
			"confirm": object{"title": plain("Reject?"), "text": plain("What waits for this does not go on then."),
				"confirm": plain("Reject"), "deny": plain("Cancel")}},
	}
	if link != "" {
		elements = append(elements, object{"type": "button", "action_id": ActionOpen, "text": plain("Open"), "url": link})
	}
	return object{"type": "actions", "block_id": ButtonsBlock, "elements": elements}
}

// WithButtons adds the buttons to a message, a JSON object, as its last block. The text of a
// message without blocks becomes blocks, because Slack shows it only in notifications once there
// are some.
func WithButtons(message []byte, value Value, link string) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(message, &fields); err != nil {
		return nil, err
	}
	var blocks []json.RawMessage
	if given := fields["blocks"]; given != nil && json.Unmarshal(given, &blocks) != nil {
		return nil, fmt.Errorf("blocks is not a list")
	}
	if len(blocks) == 0 {
		blocks = textBlocks(fields)
	}
	fields["blocks"] = rawjson.Encode(append(blocks, rawjson.Encode(buttons(value, link))))
	return rawjson.Encode(fields), nil
}

// textBlocks returns the text of a message as sections.
func textBlocks(fields map[string]json.RawMessage) []json.RawMessage {
	var text string
	if json.Unmarshal(fields["text"], &text) != nil || text == "" {
		return nil
	}
	kind := "mrkdwn"
	if string(fields["mrkdwn"]) == "false" {
		kind = "plain_text"
	}
	var blocks []json.RawMessage
	for _, part := range split(text, maximumSection) {
		blocks = append(blocks, rawjson.Encode(object{"type": "section", "text": object{"type": kind, "text": part}}))
	}
	return blocks
}

// split cuts a text into parts of at most so many characters, at line breaks where it can.
func split(text string, most int) (parts []string) {
	for utf8.RuneCountInString(text) > most {
		cut := 0
		for range most {
			_, size := utf8.DecodeRuneInString(text[cut:])
			cut += size
		}
		if line := strings.LastIndexByte(text[:cut], '\n'); line > 0 {
			cut = line
		}
		parts = append(parts, text[:cut])
		text = strings.TrimPrefix(text[cut:], "\n")
	}
	if text == "" {
		return parts
	}
	return append(parts, text)
}

// controls are the characters that start links and mentions in Slack's text ("Formatting message
// text", "Escaping text").
var controls = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// Escape escapes a text, so that Slack shows it and nobody is mentioned.
func Escape(text string) string { return controls.Replace(text) }
