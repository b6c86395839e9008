package latch

import "slices"

// These are the presets for the incoming webhooks of chats. Each requires a JSON body of the
// user's own. A body that exceeds the chat's documented limits fails permanently before it is
// sent, because the chat would reject or truncate it.
//
//   - slack: text up to 40,000 characters, 50 blocks, 100 attachments, and the
//     limits of the blocks and their elements; delivered is a 2xx whose body says
//     ok. One message a second is sent, and up to four at once. In texts of the
//     message the values of ${…} are escaped (&, < and >): only the template's own
//     text can contain markup, links and mentions.
//   - discord: content up to 2,000 characters, 10 embeds with 6,000 characters,
//     and the limits of each part of an embed; delivered is any 2xx. The rate
//     limits in its answers are respected. A body without allowed_mentions gets
//     one that notifies nobody.
//   - teams: up to 28 KB; delivered is a 2xx, unless the body reports that the
//     delivery failed, as a connector's does. Four requests a second are sent.
//
// A worker keeps to these rates at each URL.
const (
	PresetSlack   = "slack"
	PresetDiscord = "discord"
	PresetTeams   = "teams"
)

func (w *Webhook) validatePreset(problems *Problems, path string) {
	at := field(path, "preset")
	if !oneOf(problems, at, w.Preset, PresetSlack, PresetDiscord, PresetTeams) {
		return // an unknown preset has unknown requirements
	}
	w.validateInteractive(problems, field(path, "interactive"))
	if w.Preset == "" {
		return
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

// HasButtons reports whether the webhook's message about a lock gets buttons.
func (w *Webhook) HasButtons() bool {
	return w.Interactive && (w.Preset == PresetSlack || w.Preset == PresetTeams)
}

// validateInteractive checks that there is a chat whose messages can have buttons, and a lock
// for the buttons to decide about.
func (w *Webhook) validateInteractive(problems *Problems, path string) {
	if !w.Interactive {
		return
	}
	if !w.HasButtons() {
		what := "and there is none"
		if w.Preset != "" {
			what = "not " + w.Preset
		}
		problems.Addf(path, "true needs preset %s or %s, %s: their messages can have buttons", PresetSlack, PresetTeams, what)
	}
	if !slices.ContainsFunc(w.EventSettings(), func(e Event) bool { return e.Blocking }) {
		problems.Addf(path, "true needs an event with \"blocking\": true: its buttons decide about a lock, and no event of this webhook "+
			"makes one")
	}
}
