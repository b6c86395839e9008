package protocol

import (
	"strings"

	"github.com/latch-run/latch"
)

// SignalAudit is the signal that appends entries to latch.Audit. Its argument is [AuditEntries].
const SignalAudit = "latch.internal.audit"

// AuditID returns the id of the workflow that has the audit of a task queue.
func AuditID(taskQueue string) string {
	return strings.TrimSuffix(idOf("latch-audit-", taskQueue, ""), "/")
}

// AuditEntries are entries of one signal. They have no id and no time: both are those of the event
// that the signal becomes.
type AuditEntries struct {
	Entries []latch.AuditEntry `json:"entries"`
}

// Audit is the argument of latch.Audit.
type Audit struct {
	// Entries counts those of the earlier runs.
	Entries int `json:"entries,omitempty"`
}
