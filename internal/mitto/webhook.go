package mitto

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/urlmask"
)

// Keys of a webhook that Latch has under other names.
const (
	keyEventType = "event_type"
	keyJobID     = "job_id"
	// keyLatchID is the webhook's id in Latch.
	keyLatchID = ownPrefix + "id"
	// keyCount counts all webhooks that the job ever had, so that no id is used
	// twice.
	keyCount = ownPrefix + "webhooks"
)

// webhookKeys are Latch's own keys, accepted beside Mitto's: all except the id.
var webhookKeys = func() []string {
	var keys []string
	for field := range reflect.TypeFor[latch.Webhook]().Fields() {
		if key, _, _ := strings.Cut(field.Tag.Get("json"), ","); key != "id" {
			keys = append(keys, key)
		}
	}
	return keys
}()

// A hook is one webhook of a job.
type hook struct {
	// id is the webhook's id in Latch.
	id string
	// object is what the client sent, with its times; nil if no client of Mitto
	// sent it.
	object latch.Object
	// settled is the webhook in Latch's JSON if it stays unchanged, otherwise
	// nil.
	settled json.RawMessage
}

// hooks returns the job's current webhooks.
func (j *Job) hooks() []hook {
	var stored []latch.Object
	_ = json.Unmarshal(j.Extras[keyWebhooks], &stored) // written by this package
	if j.Latch == nil {
		hooks := make([]hook, 0, len(stored))
		for _, object := range stored {
			hooks = append(hooks, hook{id: text(object[keyLatchID]), object: object})
		}
		return hooks
	}
	hooks := make([]hook, 0, len(j.Latch.Webhooks))
	for _, webhook := range j.Latch.Webhooks {
		h := hook{id: webhook.ID, settled: rawjson.Encode(webhook)}
		at := slices.IndexFunc(stored, func(object latch.Object) bool { return text(object[keyLatchID]) == webhook.ID })
		if at >= 0 && j.means(webhook.ID, stored[at], h.settled) {
			h.object = stored[at]
		}
		hooks = append(hooks, h)
	}
	return hooks
}

// means reports whether the object that a client sent still equals Latch's
// webhook.
func (j *Job) means(id string, object latch.Object, settled json.RawMessage) bool {
	var webhook latch.Webhook
	return latch.Unmarshal(rawjson.Encode(latchWebhook(id, object)), &webhook) == nil && string(rawjson.Encode(webhook)) == string(settled)
}

// keepHooks stores the webhooks, once translated, in Extras.
func (j *Job) keepHooks(hooks []hook) {
	delete(j.Extras, keyWebhooks)
	var objects []latch.Object
	for _, h := range hooks {
		if h.object != nil {
			objects = append(objects, h.object)
		}
	}
	if objects != nil {
		j.Extras[keyWebhooks] = rawjson.Encode(objects)
	}
}

// hooks adds the webhooks to Latch's JSON.
func (t *translation) hooks(hooks []hook) {
	list := make([]json.RawMessage, len(hooks))
	for i, h := range hooks {
		at := fmt.Sprintf("webhooks[%d]", i)
		t.renameEvents(at, h.object)
		if list[i] = h.settled; list[i] != nil {
			continue
		}
		if isNull(h.object[keyEventType]) && isNull(h.object["event"]) && isNull(h.object["events"]) {
			t.problems.Addf(at+"."+keyEventType, "required: one of %s", strings.Join(latch.EventsOf(latch.JobKind), ", "))
		}
		list[i] = rawjson.Encode(latchWebhook(h.id, h.object))
	}
	t.set(keyWebhooks, rawjson.Encode(list))
}

// renameEvents maps the webhook's events to the key under which the client sent
// them.
func (t *translation) renameEvents(at string, object latch.Object) {
	if object == nil {
		return
	}
	if isNull(object["events"]) {
		t.renamed[at+".events"] = at + "." + keyEventType
	}
	if !isNull(object[keyEventType]) {
		t.renamed[at+".event"] = at + "." + keyEventType
	}
}

// latchWebhook converts a client's webhook to Latch's JSON.
func latchWebhook(id string, object latch.Object) latch.Object {
	webhook := latch.Object{"id": rawjson.Encode(id)}
	for _, key := range webhookKeys {
		if value := object[key]; !isNull(value) {
			webhook[key] = value
		}
	}
	if text(webhook["body"]) == "" {
		delete(webhook, "body") // an empty form field
	}
	if event := object[keyEventType]; !isNull(event) {
		webhook["event"] = event
	}
	if timeout, sent := webhook["timeout"]; sent {
		webhook["timeout"] = duration(timeout)
	}
	return webhook
}

// takeHooks reads a whole list of webhooks. A webhook with a known id replaces
// the old one; any other is new.
func (j *Job) takeHooks(value json.RawMessage, known []hook) ([]hook, error) {
	if isNull(value) {
		return nil, nil
	}
	var problems latch.Problems
	var list []json.RawMessage
	if json.Unmarshal(value, &list) != nil {
		problems.Addf(keyWebhooks, "must be an array of webhooks, not %.60s", value)
		return nil, problems
	}
	var hooks []hook
	for i, each := range list {
		object := members(each)
		if object == nil {
			problems.Addf(fmt.Sprintf("webhooks[%d]", i), "must be an object, not %.60s", each)
			continue
		}
		at := slices.IndexFunc(known, func(h hook) bool { return text(object["id"]) == strconv.FormatInt(WebhookID(j.ID, h.id), 10) })
		switch {
		case at < 0:
			hooks = append(hooks, j.take(object, nil))
		case saysTheSame(j.webhook(known[at]), object):
			hooks = append(hooks, known[at])
		default:
			hooks = append(hooks, j.take(object, &known[at]))
		}
	}
	return hooks, problems.Err()
}

// saysTheSame reports whether a client sent back what it was shown.
func saysTheSame(shown, sent latch.Object) bool {
	without := func(object latch.Object) string {
		bare := copied(object)
		for _, key := range append([]string{keyJobID}, given...) {
			delete(bare, key)
		}
		return string(rawjson.Encode(bare))
	}
	return without(shown) == without(sent)
}

// take converts a client's object to a hook. It replaces before, or is new if
// that is nil.
func (j *Job) take(object latch.Object, before *hook) hook {
	kept := latch.Object{}
	for key, value := range withoutPythonIn(object) {
		if !slices.Contains(given, key) && key != keyJobID && !isOwn(key) {
			kept[key] = value
		}
	}
	h := hook{object: kept}
	kept["created_at"] = rawjson.Encode(j.UpdatedAt)
	switch {
	case before != nil:
		h.id = before.id
		kept["created_at"] = j.webhook(*before)["created_at"]
	case isText(object["id"]) && text(object["id"]) != "":
		h.id = text(object["id"])
	default:
		h.id = j.nextWebhook()
	}
	kept["updated_at"], kept[keyLatchID] = rawjson.Encode(j.UpdatedAt), rawjson.Encode(h.id)
	return h
}

// Bounds of ids derived from the job's id: the job can be found by its
// webhook's id, and JavaScript can represent every id exactly.
const (
	webhooksOfJob   = 100_000
	firstHashedID   = 1 << 52
	webhookIDPrefix = "webhook-"
)

// nextWebhook returns an id for a new webhook.
func (j *Job) nextWebhook() string {
	count, _ := strconv.ParseInt(text(j.Extras[keyCount]), 10, 64)
	count++
	j.Extras[keyCount] = rawjson.Encode(count)
	if job, whole := wholeNumber(j.ID); whole && job > 0 && job < firstHashedID/webhooksOfJob && count < webhooksOfJob {
		return strconv.FormatInt(job*webhooksOfJob+count, 10)
	}
	return webhookIDPrefix + strconv.FormatInt(count, 10)
}

// WebhookID returns the integer by which Mitto's clients know a webhook. If one
// of those clients created the webhook, the integer contains the job's id; see
// [JobOfWebhook].
func WebhookID(job, webhook string) int64 {
	if number, whole := wholeNumber(webhook); whole && JobOfWebhook(number) == job {
		return number
	}
	hash := sha256.Sum256([]byte(job + "\x00" + webhook))
	return int64(binary.BigEndian.Uint64(hash[:])%firstHashedID) + firstHashedID
}

// JobOfWebhook returns the id of the job that a webhook's id contains, or "" if
// it contains none.
func JobOfWebhook(id int64) string {
	if id >= firstHashedID || id < webhooksOfJob || id%webhooksOfJob == 0 {
		return ""
	}
	return strconv.FormatInt(id/webhooksOfJob, 10)
}

// Webhooks returns the job's webhooks as Mitto's clients know them.
func (j *Job) Webhooks() []latch.Object {
	objects := []latch.Object{}
	for _, h := range j.hooks() {
		objects = append(objects, j.webhook(h))
	}
	return objects
}

// Webhook returns one webhook. Its error is [UnknownWebhook].
func (j *Job) Webhook(id int64) (latch.Object, error) {
	hooks := j.hooks()
	at, err := j.find(hooks, id)
	if err != nil {
		return nil, err
	}
	return j.webhook(hooks[at]), nil
}

// WebhookState returns the part of a webhook that an update can change: all
// that is shown of it, except times that belong to the job. Its error is
// [UnknownWebhook].
func (j *Job) WebhookState(id int64) (latch.Object, error) {
	hooks := j.hooks()
	at, err := j.find(hooks, id)
	if err != nil {
		return nil, err
	}
	state := j.webhook(hooks[at])
	if hooks[at].object == nil { // the times are the job's
		delete(state, "created_at")
		delete(state, "updated_at")
	}
	return state, nil
}

func (j *Job) find(hooks []hook, id int64) (int, error) {
	at := slices.IndexFunc(hooks, func(h hook) bool { return WebhookID(j.ID, h.id) == id })
	if at < 0 {
		return 0, &UnknownWebhook{id}
	}
	return at, nil
}

// webhook returns one webhook as Mitto's clients know it.
func (j *Job) webhook(h hook) latch.Object {
	object := latch.Object{"method": rawjson.Encode("POST"), "content_type": rawjson.Encode(latch.DefaultContentType), "body": json.RawMessage("null"),
		"enabled": json.RawMessage("true"), "url": json.RawMessage("null"), keyEventType: json.RawMessage("null"),
		"created_at": rawjson.Encode(j.CreatedAt), "updated_at": rawjson.Encode(j.UpdatedAt)}
	shown := h.object
	if shown == nil {
		shown = members(h.settled)
		if event, short := shown["event"]; short {
			object[keyEventType] = event
			delete(shown, "event")
		}
	}
	for key, value := range shown {
		if !isOwn(key) {
			object[key] = value
		}
	}
	object["id"] = rawjson.Encode(WebhookID(j.ID, h.id))
	return object
}

// AddWebhook adds a webhook to the job and returns it. Its error is
// [latch.Problems].
func (j *Job) AddWebhook(body latch.Object, now time.Time) (latch.Object, error) {
	if err := refuseHidden(body); err != nil {
		return nil, err
	}
	return j.changeHooks(now, func(changed *Job, hooks []hook) ([]hook, int, error) {
		return append(hooks, changed.take(body, nil)), len(hooks), nil
	})
}

// ReplaceWebhook replaces a webhook but keeps its id and creation time. Its
// error is [UnknownWebhook] or [latch.Problems].
func (j *Job) ReplaceWebhook(id int64, body latch.Object, now time.Time) (latch.Object, error) {
	return j.changeHooks(now, func(changed *Job, hooks []hook) ([]hook, int, error) {
		at, err := j.find(hooks, id)
		if err != nil {
			return hooks, at, err
		}
		whole := members(urlmask.Restore(rawjson.Encode(body), rawjson.Encode(j.webhook(hooks[at]))))
		hooks[at] = changed.take(whole, &hooks[at])
		return hooks, at, refuseHidden(whole)
	})
}

// DeleteWebhook deletes a webhook. Its error is [UnknownWebhook].
func (j *Job) DeleteWebhook(id int64, now time.Time) error {
	_, err := j.changeHooks(now, func(_ *Job, hooks []hook) ([]hook, int, error) {
		at, err := j.find(hooks, id)
		if err == nil {
			hooks = slices.Delete(hooks, at, at+1)
		}
		return hooks, -1, err
	})
	return err
}

// changeHooks applies a change and returns the changed webhook. The job is
// unchanged on an error. Paths of problems are relative to that webhook.
func (j *Job) changeHooks(now time.Time, change func(*Job, []hook) ([]hook, int, error)) (latch.Object, error) {
	changed := *j
	changed.Extras, changed.UpdatedAt = copied(j.Extras), latch.NewTime(now)
	hooks, at, err := change(&changed, j.hooks())
	if err == nil {
		err = changed.compile(map[string]bool{}, hooks)
	}
	if err != nil {
		return nil, within(err, at)
	}
	*j = changed
	if at < 0 {
		return nil, nil
	}
	return j.webhook(hooks[at]), nil
}
