package delivery

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// discordLimits are the limits in Discord's documentation ("Execute Webhook", "Embed Limits",
// "Poll Create Request Object", "Allowed Mentions Object"). White space around a text does not
// count.
var discordLimits = []chatLimit{
	{"content", 0, 2_000},
	{"username", 0, 80},
	{"thread_name", 0, 100},
	{"applied_tags", 0, 5},
	{"attachments", 0, 10},
	{"embeds", 0, 10},
	{"embeds[].title", 0, 256},
	{"embeds[].description", 0, 4_096},
	{"embeds[].fields", 0, 25},
	{"embeds[].fields[].name", 1, 256},
	{"embeds[].fields[].value", 1, 1_024},
	{"embeds[].footer.text", 0, 2_048},
	{"embeds[].author.name", 0, 256},
	{"poll.question.text", 1, 300},
	{"poll.answers", 1, 10},
	{"poll.answers[].poll_media.text", 1, 55},
	{"allowed_mentions.users", 0, 100},
	{"allowed_mentions.roles", 0, 100},
}

// discordEmbedTexts bounds the texts of all embeds together, in characters. embedTexts are the
// paths of these texts ("Embed Limits").
const discordEmbedTexts = 6_000

var embedTexts = []string{"embeds[].title", "embeds[].description", "embeds[].footer.text", "embeds[].author.name", "embeds[].fields[].name", "embeds[].fields[].value"}

func checkDiscord(body []byte) ([]error, error) {
	var typed struct {
		Content string            `json:"content"`
		Embeds  []json.RawMessage `json:"embeds"`
	}
	if err := decodeMessage(body, &typed); err != nil {
		return nil, err
	}
	message, err := decodeAny(body)
	if err != nil {
		return nil, err
	}
	total := 0
	for _, path := range embedTexts {
		visit(message, "", path, func(_ string, value any) {
			text, _ := value.(string)
			total += utf8.RuneCountInString(strings.TrimSpace(text))
		})
	}
	return atMost(checkLimits(message, discordLimits, true), "the text of all embeds", total, discordEmbedTexts, "characters"), nil
}

// pingNobody adds allowed_mentions to a message that lacks it, so that it notifies nobody.
// Without it Discord looks for @everyone, roles and users in the content, and finds them in
// values too ("Allowed Mentions Object").
func pingNobody(body []byte) []byte {
	const name = "allowed_mentions"
	if !startsObject(body) || fieldsIn(body, []field{{name, name}})[name] {
		return body
	}
	var b objectBuilder
	b.add(name, json.RawMessage(`{"parse":[]}`))
	return b.before(body)
}
