package chat

import (
	"fmt"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/approval"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/slack"
)

// maximumReason bounds a reason in a message, in bytes.
const maximumReason = 300

// stateOf says how a lock stands, in Slack's markup. It has no error texts, answers or data:
// everybody in the channel reads it.
func stateOf(record *latch.Record, missing []latch.MissingApproval) string {
	var lines []string
	for _, vote := range record.Approvals {
		said := map[string]string{latch.VoteApprove: "approved", latch.VoteReject: "rejected"}[vote.Result]
		line := fmt.Sprintf("%s %s: %s", slack.Escape(vote.By), said, shownReason(vote.Reason))
		lines = append(lines, strings.TrimSuffix(line, ": "))
	}
	if !record.Lock.Open() {
		return strings.Join(append(lines, endOf(record)), "\n")
	}
	var needed []string
	for _, each := range missing {
		needed = append(needed, approval.WhoOf(each.Groups, each.Users, each.Count))
	}
	if len(needed) > 0 {
		lines = append(lines, "Still needed: "+slack.Escape(strings.Join(needed, "; ")))
	}
	return strings.Join(lines, "\n")
}

// endOf says how a lock was closed, and what that decided.
func endOf(record *latch.Record) string {
	lock := record.Lock
	text := "*Approved*"
	switch {
	case lock.Via == latch.ViaTimeout:
		text = "*The lock timed out.*"
	case lock.Via == latch.ViaOverride:
		text = "*The lock was closed*: " + shownReason(lock.Reason)
	case record.Result == latch.ResultSkipped:
		text = "*The hook was skipped*"
	case record.Result == latch.ResultFail:
		text = "*Rejected*"
	}
	if lock.RemovedBy != "" {
		text += " by " + slack.Escape(lock.RemovedBy) + ", via " + lock.Via
	}
	if record.Decision != "" {
		text += "\nDecision: " + record.Decision
	}
	return text
}

// shownReason returns a reason as text, on one line.
func shownReason(reason string) string {
	return slack.Escape(excerpt.Of(strings.Join(strings.Fields(reason), " "), maximumReason))
}
