package protocol

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// taskPrefix begins the id of every http task's request.
const taskPrefix = "tsk_"

// TaskID makes the id that the request of an http task bears as its
// Idempotency-Key: URL-safe, the same for every attempt of the activity, and
// another for each other activity of the run, an undo included.
func TaskID(workflowID, runID, activityID string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{workflowID, runID, activityID}, "\x00")))
	return taskPrefix + base64.RawURLEncoding.EncodeToString(sum[:24])
}
