package mitto

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
)

// A Try is a webhook that a job would have, and has not.
type Try struct {
	// Job is the job as it would be; as it is, where the webhook would be refused.
	Job *Job
	// Webhook is the webhook without what is wrong with it, and Problems are that,
	// with paths in the body. What the body hides of its URLs stays hidden.
	Webhook  *latch.Webhook
	Problems latch.Problems
	// Number is the id by which Mitto's clients would know it.
	Number int64
}

// TryWebhook returns the webhook that a body makes of the one with the id, or a new
// one where that is 0. The job stays as it is. readable drops from an object the
// keys that are wrong. The error is [UnknownWebhook].
func (j *Job) TryWebhook(id int64, body latch.Object, now time.Time, readable func(latch.Object, latch.Problems) latch.Object) (*Try, error) {
	changed := *j
	changed.Extras = copied(j.Extras)
	try := &Try{Job: &changed}
	shown, err := changed.putWebhook(id, body, now)
	if err != nil && !errors.As(err, &try.Problems) {
		return nil, err
	}
	name := "new"
	if err == nil {
		_ = json.Unmarshal(shown["id"], &try.Number) // it is a number
		if made := changed.Made(try.Number); made != nil {
			name = made.ID
		}
	}
	try.Webhook = &latch.Webhook{}
	_ = json.Unmarshal(rawjson.Encode(latchWebhook(name, readable(body, try.Problems))), try.Webhook) // what cannot be read is among the problems
	return try, nil
}

// Made returns the webhook that Mitto's clients know by the id, as Latch has it; nil
// for none.
func (j *Job) Made(id int64) *latch.Webhook {
	job := j.Latch
	if job == nil {
		var err error
		if job, err = j.Failing(); err != nil {
			return nil
		}
	}
	for i := range job.Webhooks {
		if WebhookID(j.ID, job.Webhooks[i].ID) == id {
			return &job.Webhooks[i]
		}
	}
	return nil
}

// putWebhook replaces the webhook with the id, or adds one where that is 0.
func (j *Job) putWebhook(id int64, body latch.Object, now time.Time) (latch.Object, error) {
	if id == 0 {
		return j.AddWebhook(body, now)
	}
	return j.ReplaceWebhook(id, body, now)
}
