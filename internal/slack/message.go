package slack

import (
	"encoding/json"

	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/rawjson"
)

// A Message is a message on which somebody clicked, as far as it is written again.
type Message struct {
	Text        string            `json:"text,omitempty"`
	Blocks      []json.RawMessage `json:"blocks,omitempty"`
	Attachments json.RawMessage   `json:"attachments,omitempty"`
}

// A Response is what is posted to a response_url.
type Response struct {
	// Type is ephemeral, for whoever clicked alone, or in_channel.
	Type string `json:"response_type,omitempty"`
	// Replaces says that the message on which somebody clicked is replaced.
	Replaces bool `json:"replace_original"`
	Message
}

// Ephemeral returns a message that only the person who clicked sees. The text is escaped.
func Ephemeral(text string) Response {
	return Response{Type: "ephemeral", Message: Message{Text: Escape(excerpt.Of(text, maximumSection))}}
}

// InChannel returns a message that everybody in the channel sees. The text is Slack's markup.
func InChannel(text string) Response {
	return Response{Type: "in_channel", Message: Message{Text: text}}
}

// Replacing returns the message with the state of its lock, in Slack's markup. It keeps the
// buttons only while the lock is open.
func (m Message) Replacing(state string, open bool) Response {
	var blocks, last []json.RawMessage
	for _, block := range m.Blocks {
		switch idOf(block) {
		case stateBlock:
		case ButtonsBlock:
			if open {
				last = append(last, block)
			}
		default:
			blocks = append(blocks, block)
		}
	}
	if state != "" && len(blocks)+len(last) < maximumBlocks {
		blocks = append(blocks, rawjson.Encode(object{"type": "section", "block_id": stateBlock,
			"text": object{"type": "mrkdwn", "text": excerpt.Within(state, maximumSection)}}))
	}
	m.Blocks = append(blocks, last...)
	return Response{Replaces: true, Message: m}
}

func idOf(block json.RawMessage) string {
	var named struct {
		ID string `json:"block_id"`
	}
	_ = json.Unmarshal(block, &named) // a block without an id is somebody else's
	return named.ID
}
