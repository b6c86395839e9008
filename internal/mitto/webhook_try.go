package mitto

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
)

// A Try is the result of trying a webhook on a job without storing it.
type Try struct {
	// Job is the job with the webhook, or without it if the webhook is invalid.
	Job *Job
	// Webhook is the webhook without its invalid keys, and Problems describe
	// those, with paths in the body. Credentials that the body shows as ***
	// stay hidden.
	Webhook  *latch.Webhook
	Problems latch.Problems
	// Number is the id by which Mitto's clients would know the webhook.
	Number int64
}

// TryWebhook returns the webhook that a body makes of the one with the id, or a
// new one if the id is 0. It does not change the job. readable removes the
// invalid keys from an object. The error is [UnknownWebhook].
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
		_ = json.Unmarshal(shown["id"], &try.Number) // always a number
		if made := changed.Made(try.Number); made != nil {
			name = made.ID
		}
	}
	try.Webhook = &latch.Webhook{}
	_ = json.Unmarshal(rawjson.Encode(latchWebhook(name, readable(body, try.Problems))), try.Webhook) // unreadable keys are among the problems
	return try, nil
}

// Made returns the webhook that Mitto's clients know by the id, as Latch has
// it, or nil if the job has no such webhook.
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

// putWebhook replaces the webhook with the id, or adds one if the id is 0.
func (j *Job) putWebhook(id int64, body latch.Object, now time.Time) (latch.Object, error) {
	if id == 0 {
		return j.AddWebhook(body, now)
	}
	return j.ReplaceWebhook(id, body, now)
}
