package audit

import (
	"strconv"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/mask"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/veil"
)

// Bounds of an entry's texts, in bytes, and of its groups. Reasons may have 4,096 where they are
// given; the run's record has them whole.
const (
	maximumName   = 300
	maximumText   = 1000
	maximumGroups = 20
)

// clean returns an entry without links that open locks, and with bounded texts.
func clean(entry latch.AuditEntry, linkKey []byte) latch.AuditEntry {
	if shown, err := veil.Value(entry, linkKey); err == nil {
		entry = shown
	} else {
		entry.Reason, entry.Error = "", "" // what cannot be searched is not kept
	}
	for _, name := range []*string{&entry.By, &entry.Remote, &entry.Webhook, &entry.Event, &entry.Step, &entry.Result, &entry.Role} {
		*name = excerpt.Within(strings.ToValidUTF8(*name, "\uFFFD"), maximumName)
	}
	for _, text := range []*string{&entry.Error, &entry.Reason, &entry.Target, &entry.WorkflowID, &entry.RunID} {
		*text = excerpt.Within(strings.ToValidUTF8(*text, "\uFFFD"), maximumText)
	}
	if len(entry.Groups) > maximumGroups {
		entry.Groups = entry.Groups[:maximumGroups:maximumGroups]
	}
	return entry
}

// OfLock notes what a lock's token says about the lock, and hides the token itself in the entry's
// texts, however they spell it: whoever has it may remove the lock over Temporal.
func OfLock(entry *latch.AuditEntry, token string) {
	if token == "" {
		return
	}
	workflowID, is := protocol.RunOfLock(token)
	if is {
		entry.WorkflowID = workflowID
		rest := strings.TrimPrefix(token, workflowID+":")
		entry.Webhook, _, _ = strings.Cut(rest, ":")
	}
	quoted := strconv.Quote(token) // as errors have it
	hidden := mask.New([]string{token, quoted[1 : len(quoted)-1]})
	for _, text := range []*string{&entry.Error, &entry.Reason} {
		*text = hidden.Text(*text)
	}
}
