package delivery

import (
	"errors"
	"slices"
	"strings"
)

// goneWords are the bodies by which Slack reports, with any status, that an incoming webhook no
// longer exists: it was removed or disabled, its channel was archived, or its workspace was
// closed (Slack, "Sending messages using incoming webhooks", "Handling errors").
var goneWords = []string{"no_service", "no_service_id", "no_active_hooks", "no_team", "team_disabled", "channel_is_archived"}

// isGone reports whether the error says that the endpoint is gone.
func isGone(err error) bool {
	var status *StatusError
	return errors.As(err, &status) && status.Gone
}

// goneWord returns the body if it consists of one of Slack's words for a webhook that is gone.
func (a *answer) goneWord() string {
	word := strings.TrimSpace(string(a.body))
	if a.broken || !slices.Contains(goneWords, word) {
		return ""
	}
	return word
}
