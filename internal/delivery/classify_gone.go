package delivery

import (
	"errors"
	"slices"
	"strings"
)

// goneWords are the bodies by which Slack says, whatever the status, that an
// incoming webhook is no more: it was removed or disabled, or its channel was
// archived or its workspace closed (Slack, "Sending messages using incoming
// webhooks", "Handling errors").
var goneWords = []string{"no_service", "no_service_id", "no_active_hooks", "no_team", "team_disabled", "channel_is_archived"}

// isGone reports whether the error says that the endpoint is gone.
func isGone(err error) bool {
	var status *StatusError
	return errors.As(err, &status) && status.Gone
}

// goneWord returns the word that is all of the body, if it says that the
// endpoint is gone.
func (a *answer) goneWord() string {
	word := strings.TrimSpace(string(a.body))
	if a.broken || !slices.Contains(goneWords, word) {
		return ""
	}
	return word
}
