package delivery

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/latch-run/latch/internal/slack"
)

// slackPlaces are the paths of the blocks in a message to Slack.
var slackPlaces = []string{"", "attachments[]."}

// slackLimits are the limits in Slack's documentation ("Formatting message text", and the
// reference of each block, element and composition object of Block Kit).
var slackLimits = joinLimits(
	[]chatLimit{
		{"text", 0, 40_000}, // Slack cuts off the rest
		{"attachments", 0, 100},
	},
	within(slackPlaces,
		chatLimit{"blocks", 0, 50},
		chatLimit{"blocks[].block_id", 0, 255},
		chatLimit{"blocks[]:section.text.text", 1, 3_000},
		chatLimit{"blocks[]:section.fields", 0, 10},
		chatLimit{"blocks[]:section.fields[].text", 1, 2_000},
		chatLimit{"blocks[]:header.text.text", 1, 150},
		chatLimit{"blocks[]:context.elements", 1, 10},
		chatLimit{"blocks[]:context.elements[].text", 1, 3_000},
		chatLimit{"blocks[]:actions.elements", 1, 25},
		chatLimit{"blocks[]:image.image_url", 1, 3_000},
		chatLimit{"blocks[]:image.alt_text", 0, 2_000},
		chatLimit{"blocks[]:image.title.text", 0, 2_000},
		chatLimit{"blocks[]:video.title.text", 1, 200},
		chatLimit{"blocks[]:video.description.text", 0, 200},
		chatLimit{"blocks[]:video.author_name", 0, 50},
		chatLimit{"blocks[]:markdown.text", 1, 12_000},
		chatLimit{"blocks[]:input.label.text", 1, 2_000},
		chatLimit{"blocks[]:input.hint.text", 0, 2_000},
		chatLimit{"blocks[]:table.rows", 1, 100},
	),
	within(slackElements,
		chatLimit{".action_id", 0, 255},
		chatLimit{":button.text.text", 1, 75},
		chatLimit{":button.url", 0, 3_000},
		chatLimit{":button.value", 0, 2_000},
		chatLimit{":button.accessibility_label", 0, 75},
		chatLimit{":image.image_url", 1, 3_000},
		chatLimit{":image.alt_text", 0, 2_000},
		chatLimit{":static_select.options", 0, 100},
		chatLimit{":multi_static_select.options", 0, 100},
		chatLimit{":overflow.options", 1, 5},
		chatLimit{":checkboxes.options", 1, 10},
		chatLimit{":radio_buttons.options", 1, 10},
		chatLimit{".placeholder.text", 0, 150},
		chatLimit{".options[].text.text", 1, 75},
		chatLimit{".options[].value", 0, 150},
		chatLimit{".options[].description.text", 0, 75},
		chatLimit{".confirm.title.text", 1, 100},
		chatLimit{".confirm.text.text", 1, 300},
		chatLimit{".confirm.confirm.text", 1, 30},
		chatLimit{".confirm.deny.text", 1, 30},
	),
)

// slackElements are the paths of Block Kit's elements in a block.
var slackElements = []string{
	"blocks[].accessory", "blocks[].element", "blocks[].elements[]",
	"attachments[].blocks[].accessory", "attachments[].blocks[].element", "attachments[].blocks[].elements[]",
}

func checkSlack(body []byte) ([]error, error) {
	var typed struct {
		Text        string            `json:"text"`
		Blocks      []json.RawMessage `json:"blocks"`
		Attachments []json.RawMessage `json:"attachments"`
	}
	if err := decodeMessage(body, &typed); err != nil {
		return nil, err
	}
	message, err := decodeAny(body)
	if err != nil {
		return nil, err
	}
	return checkLimits(message, slackLimits, false), nil
}

// escapeForSlack escapes a value in one of Slack's texts, so that it is data. keys lead to the
// text, and before is the text in front of the value. If the value is at the beginning of angle
// brackets, as a link's address, it cannot become a mention (<!channel>, <@U1>, <#C1>).
func escapeForSlack(keys []string, before, text string) string {
	if !slackReads(keys) {
		return text
	}
	if strings.HasSuffix(before, "<") && text != "" && strings.IndexByte("!@#", text[0]) >= 0 {
		text = string(queryEscaped(text[0])) + text[1:]
	}
	return slack.Escape(text)
}

// queryEscaped percent-encodes a byte.
func queryEscaped(c byte) []byte { return []byte{'%', upperHex[c>>4], upperHex[c&0xf]} }

// slackReads reports whether the keys lead to text that Slack interprets: everything in text,
// blocks and attachments, except addresses, names of things, and the values that a button or an
// option returns. The variables of a workflow's trigger are not interpreted.
func slackReads(keys []string) bool {
	if len(keys) == 0 || !slices.Contains([]string{"text", "blocks", "attachments"}, keys[0]) {
		return false
	}
	key := keys[len(keys)-1]
	if key == "value" { // in an attachment's field it is text
		return len(keys) > 1 && keys[len(keys)-2] == "fields"
	}
	return !slices.Contains([]string{"url", "type", "style", "color", "ts"}, key) &&
		!slices.ContainsFunc([]string{"_url", "_link", "_icon", "_id"}, func(end string) bool { return strings.HasSuffix(key, end) })
}
