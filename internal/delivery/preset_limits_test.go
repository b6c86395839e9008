package delivery

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// A message that Slack or Discord would reject because of its blocks or embeds fails before it
// is sent, with the path. A message exactly at the limit is sent.
func TestLimitsWithinMessages(t *testing.T) {
	t.Parallel()
	text := func(length int) string { return `"` + strings.Repeat("é", length) + `"` }
	list := func(element string, length int) string {
		return "[" + strings.TrimSuffix(strings.Repeat(element+",", length), ",") + "]"
	}
	type shape func(length int) string
	fill := func(format string) shape { return func(length int) string { return fmt.Sprintf(format, text(length)) } }
	many := func(format, element string) shape {
		return func(length int) string { return fmt.Sprintf(format, list(element, length)) }
	}
	for _, test := range []struct {
		preset string
		shape  shape
		most   int
		at     string
	}{
		{latch.PresetSlack, fill(`{"blocks":[{"type":"section","text":{"type":"mrkdwn","text":%s}}]}`), 3000, "blocks[0].text.text"},
		{latch.PresetSlack, many(`{"blocks":[{"type":"divider"},{"type":"section","fields":%s}]}`,
			`{"type":"mrkdwn","text":"a"}`), 10, "blocks[1].fields"},
		{latch.PresetSlack, fill(`{"blocks":[{"type":"section","fields":[{"text":"a"},{"type":"mrkdwn","text":%s}]}]}`),
			2000, "blocks[0].fields[1].text"},
		{latch.PresetSlack, fill(`{"blocks":[{"type":"header","text":{"type":"plain_text","text":%s}}]}`), 150, "blocks[0].text.text"},
		{latch.PresetSlack, many(`{"blocks":[{"type":"context","elements":%s}]}`, `{"type":"mrkdwn","text":"a"}`), 10, "blocks[0].elements"},
		{latch.PresetSlack, fill(`{"blocks":[{"type":"context","elements":[{"type":"mrkdwn","text":%s}]}]}`), 3000, "blocks[0].elements[0].text"},
		{latch.PresetSlack, many(`{"blocks":[{"type":"actions","elements":%s}]}`, `{"type":"button"}`), 25, "blocks[0].elements"},
		{latch.PresetSlack, fill(`{"blocks":[{"type":"actions",
			"elements":[{"type":"button",
				"text":{"type":"plain_text","text":%s}}]}]}`), 75, "blocks[0].elements[0].text.text"},
		{latch.PresetSlack,
			fill(`{"blocks":[{"type":"section","text":{"text":"a"},"accessory":{"type":"button","url":%s}}]}`), 3000, "blocks[0].accessory.url"},
		{latch.PresetSlack, fill(`{"blocks":[{"type":"section","text":{"text":"a"},
			"accessory":{"type":"overflow","action_id":%s}}]}`), 255, "blocks[0].accessory.action_id"},
		{latch.PresetSlack, fill(`{"blocks":[{"type":"divider","block_id":%s}]}`), 255, "blocks[0].block_id"},
		{latch.PresetSlack, fill(`{"blocks":[{"type":"image","image_url":"https://x/","alt_text":%s}]}`), 2000, "blocks[0].alt_text"},
		{latch.PresetSlack, fill(`{"attachments":[{},{"blocks":[{"type":"header","text":{"text":%s}}]}]}`), 150,
			"attachments[1].blocks[0].text.text"},
		{latch.PresetSlack, many(`{"attachments":[{"blocks":%s}]}`, `{}`), 50, "attachments[0].blocks"},
		{latch.PresetDiscord, fill(`{"content":"a","username":%s}`), 80, "username"},
		{latch.PresetDiscord, fill(`{"embeds":[{},{"title":%s}]}`), 256, "embeds[1].title"},
		{latch.PresetDiscord, fill(`{"embeds":[{"description":%s}]}`), 4096, "embeds[0].description"},
		{latch.PresetDiscord, many(`{"embeds":[{"fields":%s}]}`, `{"name":"a","value":"b"}`), 25, "embeds[0].fields"},
		{latch.PresetDiscord, fill(`{"embeds":[{"fields":[{"name":%s,"value":"b"}]}]}`), 256, "embeds[0].fields[0].name"},
		{latch.PresetDiscord, fill(`{"embeds":[{"fields":[{"name":"a","value":"b"},{"name":"a","value":%s}]}]}`), 1024,
			"embeds[0].fields[1].value"},
		{latch.PresetDiscord, fill(`{"embeds":[{"footer":{"text":%s}}]}`), 2048, "embeds[0].footer.text"},
		{latch.PresetDiscord, fill(`{"embeds":[{"author":{"name":%s}}]}`), 256, "embeds[0].author.name"},
		{latch.PresetDiscord, fill(`{"content":"a","thread_name":%s}`), 100, "thread_name"},
	} {
		require.NoError(t, checkPreset(test.preset, []byte(test.shape(test.most))), "%s: %s", test.preset, test.at)
		err := checkPreset(test.preset, []byte(test.shape(test.most+1)))
		require.ErrorContains(t, err, fmt.Sprintf("%s has %d ", test.at, test.most+1))
		require.ErrorContains(t, err, fmt.Sprintf("more than the limit of %d", test.most))
	}
}

// The error names everything that exceeds a limit, and every text that may not be empty.
func TestLimitsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	err := checkPreset(latch.PresetDiscord, []byte(`{"embeds":[{"title":"`+strings.Repeat("x", 300)+`","fields":[{"name":" ","value":""}]}]}`))
	for _, told := range []string{"embeds[0].title has 300 characters", "embeds[0].fields[0].name is empty",
		"embeds[0].fields[0].value is empty"} {
		require.ErrorContains(t, err, told)
	}
	require.ErrorContains(t, checkPreset(latch.PresetSlack,
		[]byte(`{"blocks":[{"type":"section","text":{"type":"mrkdwn","text":""}}]}`)), "blocks[0].text.text is empty")
}

// The limits check nothing else: the chat itself checks other types of blocks, white space that
// Discord trims, and values of other types.
func TestLimitsLeaveOtherThings(t *testing.T) {
	t.Parallel()
	long := `"` + strings.Repeat("x", 5000) + `"`
	for preset, bodies := range map[string][]string{
		latch.PresetSlack: {
			`{"blocks":[{"type":"rich_text","text":{"text":` + long + `}}]}`, `{"blocks":[{"type":"section","text":` + long + `,"fields":5}]}`,
			`{"blocks":[5,null,{"type":5},{}],"attachments":[null,{"blocks":{}}]}`, `{"blocks":null,"other":` + long + `}`,
		},
		latch.PresetDiscord: {
			`{"content":"` + strings.Repeat(" ", 3000) + `"}`,
			`{"embeds":[{"title":5,"fields":[null,5]}],"other":` + long + `}`, `{"embeds":[null]}`,
		},
	} {
		for _, body := range bodies {
			require.True(t, json.Valid([]byte(body)))
			require.NoError(t, checkPreset(preset, []byte(body)), body)
		}
	}
}
