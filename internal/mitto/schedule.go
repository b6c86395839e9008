package mitto

import (
	"encoding/json"

	"github.com/latch-run/latch"
)

// emptySchedule is Mitto's schedule object without anything in it.
func emptySchedule() latch.Object {
	object := latch.Object{}
	for _, key := range []string{"type", "daily", "hourly", "endof", "custom", "value"} {
		object[key] = json.RawMessage("null")
	}
	return object
}

// Latch's own keys of a schedule, which are taken beside Mitto's.
var scheduleKeys = []string{"cron", "timezone", "after", "catchup"}

// schedule translates Mitto's schedule object: `value` is a cron expression,
// `endof` the job that it runs after; nothing at all is a job that only a START
// runs. A string is a cron expression, as in Latch's own JSON.
func (t *translation) schedule(value json.RawMessage) {
	if isNull(value) || !isObject(value) {
		t.set(keySchedule, value)
		return
	}
	object, latches := members(value), latch.Object{}
	for _, key := range scheduleKeys {
		if !isNull(object[key]) {
			latches[key] = object[key]
		}
	}
	switch kind := text(object["type"]); {
	case !isNull(object["endof"]) && (kind == "endof" || isNull(object["value"])):
		latches["after"] = reference(object["endof"])
	case !isNull(object["value"]):
		latches["cron"] = object["value"]
	case isText(object["custom"]):
		latches["cron"] = object["custom"]
	case len(latches) == 0 && (isNull(object["type"]) || kind == "manual"):
		t.set(keySchedule, json.RawMessage("null"))
		return
	case len(latches) == 0:
		t.problems.Addf("schedule.value", `required for a schedule of type %q: a cron expression such as "0 3 * * *"; or schedule.endof, the job to run after`, kind)
		return
	}
	t.set(keySchedule, encode(latches))
}

// showSchedule is the way back.
func showSchedule(schedule *latch.Schedule) json.RawMessage {
	if schedule == nil {
		return json.RawMessage("null")
	}
	object := emptySchedule()
	if schedule.After != "" {
		object["type"], object["endof"] = encode("endof"), IDJSON(schedule.After)
	} else {
		object["type"], object["custom"], object["value"] = encode("custom"), encode(schedule.Cron), encode(schedule.Cron)
	}
	if schedule.Timezone != "" {
		object["timezone"] = encode(schedule.Timezone)
	}
	if schedule.Catchup != 0 {
		object["catchup"] = encode(schedule.Catchup)
	}
	return encode(object)
}

// reference gives the id of a job that is told by its id or as an object.
func reference(value json.RawMessage) json.RawMessage {
	if id := members(value)["id"]; !isNull(id) {
		return id
	}
	return value
}
