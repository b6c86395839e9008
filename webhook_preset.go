package latch

// Presets: what Latch knows of a chat's incoming webhooks. Each takes a JSON
// body of the user's own; one that is over the chat's documented limits fails
// for good before it is sent, since it would be refused or cut there.
//
//   - slack: text up to 40,000 characters, 50 blocks, 100 attachments, and what
//     the blocks and their elements take; delivered is a 2xx whose body says ok.
//     One message a second is sent, and up to four at once. In texts of the
//     message the values of ${…} are escaped (&, < and >): markup, links and
//     mentions are the template's own to write.
//   - discord: content up to 2,000 characters, 10 embeds with 6,000 characters,
//     and what each part of an embed takes; delivered is any 2xx. The rate limits
//     in its answers are kept to. A body without allowed_mentions gets one
//     by which nobody is rung.
//   - teams: up to 28 KB; delivered is a 2xx, unless the body says that the
//     delivery failed, as that of a connector does. Four requests a second are
//     sent.
//
// A worker keeps to these rates at each URL.
const (
	PresetSlack   = "slack"
	PresetDiscord = "discord"
	PresetTeams   = "teams"
)

func (w *Webhook) validatePreset(problems *Problems, path string) {
	at := field(path, "preset")
	if known := oneOf(problems, at, w.Preset, PresetSlack, PresetDiscord, PresetTeams); !known || w.Preset == "" {
		return // an unknown preset has unknown requirements
	}
	if !w.HasURL() {
		problems.Addf(at, "needs url or url_secret: a lock alone is sent to nobody")
	}
	if w.method() != "POST" || w.bodyKind() != BodyJSON {
		problems.Addf(at, "%s takes JSON by POST; leave out method and content_type", w.Preset)
	}
	if hasValue(w.Body) {
		return
	}
	if w.Event != "" {
		problems.Addf(field(path, "body"), "required with preset %s: the message as it takes it", w.Preset)
	}
	for i, settings := range w.Events {
		if !hasValue(settings.Body) {
			problems.Addf(field(element(field(path, "events"), i), "body"), "required, here or at the webhook, with preset %s: the message as it takes it", w.Preset)
		}
	}
}
