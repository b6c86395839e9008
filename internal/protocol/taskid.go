package protocol

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// taskPrefix begins the id of every http task's request.
const taskPrefix = "tsk_"

// TaskID returns the Idempotency-Key for the request of an http task. It is URL-safe, the same
// for every attempt of the activity, and different for every other activity of the run,
// including an undo.
func TaskID(workflowID, runID, activityID string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{workflowID, runID, activityID}, "\x00")))
	return taskPrefix + base64.RawURLEncoding.EncodeToString(sum[:24])
}
