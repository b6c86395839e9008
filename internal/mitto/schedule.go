package mitto

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/typo"
)

// Types of schedules, each with the key that says when the job runs.
const (
	typeDaily  = "daily"
	typeHourly = "hourly"
	typeEndOf  = "endof"
	typeCustom = "custom"
	typeManual = "manual"
)

// scheduleTypes are all of them.
var scheduleTypes = []string{typeDaily, typeHourly, typeEndOf, typeCustom, typeManual}

// keyValue holds a schedule's cron expression, or the name of its type.
const keyValue = "value"

// keyOn is after which outcome of the job in endof this one runs; Latch's own.
const keyOn = "on"

// rightCron is what is right for a cron expression.
const rightCron = `a cron expression such as "0 3 * * *"`

// mittoScheduleKeys are the keys of Mitto's schedule object. All of them are
// shown, null where they do not apply.
var mittoScheduleKeys = []string{"type", typeDaily, typeHourly, typeEndOf, typeCustom, keyValue}

// latchScheduleKeys are Latch's own keys of a schedule, taken beside Mitto's.
var latchScheduleKeys = []string{"cron", "timezone", "after", "catchup"}

// schedule translates a schedule: an object as Mitto has it, or a string or an
// object in Latch's own JSON. Null, and an object without any times, is a job
// that runs only when it is started.
func (t *translation) schedule(value json.RawMessage) {
	if value = withoutPython(value); isNull(value) || !isObject(value) {
		t.set(keySchedule, value)
		return
	}
	read := readSchedule(members(value))
	t.problems = append(t.problems, read.problems...)
	if len(read.problems) > 0 {
		t.set(keySchedule, json.RawMessage("null"))
		return
	}
	t.renamed["schedule.after"], t.renamed["schedule.after.on"] = "schedule.endof", "schedule."+keyOn
	if !isNull(read.cron) { // else it stands under Latch's own name
		t.renamed["schedule.cron"] = "schedule." + read.cronFrom
	}
	t.set(keySchedule, read.latch())
}

// A scheduleReader reads Mitto's schedule object.
type scheduleReader struct {
	object latch.Object
	// kind is the type, as sent or as the other keys imply.
	kind string
	// cron is a cron expression or null; cronFrom is the key that it came from.
	cron     json.RawMessage
	cronFrom string
	// after is the job to run after, or null.
	after    json.RawMessage
	problems latch.Problems
}

// readSchedule finds out when the job runs. The key that the type names counts
// before `value`: a client that changes `daily` sends back the `value` that it
// was shown before.
func readSchedule(object latch.Object) *scheduleReader {
	r := &scheduleReader{object: object, kind: kindOfSchedule(object)}
	switch r.kind {
	case typeDaily:
		r.times(typeDaily, r.daily)
	case typeHourly:
		r.times(typeHourly, r.hourly)
	case typeEndOf:
		r.follow()
	case typeCustom:
		if r.cron, r.cronFrom = object[typeCustom], typeCustom; isNull(r.cron) {
			r.fromValue(typeCustom, rightCron)
		}
	case "", typeManual:
		r.cron, r.cronFrom = r.valueAsCron(), keyValue
	default:
		r.fromValue(keyValue, rightCron+`; or "type": one of daily, hourly, custom and endof`+typo.Hint(r.kind, scheduleTypes))
	}
	if !isNull(r.cron) && !isText(r.cron) {
		r.problems.Addf("schedule."+r.cronFrom, "must be %s, not %.60s", rightCron, r.cron)
	}
	return r
}

// follow reads the job to run after: its id, or an object that has one.
func (r *scheduleReader) follow() {
	const right = "the id of the job to run after"
	r.after = reference(r.object[typeEndOf])
	_, isNumber := wholeNumber(string(r.after))
	switch {
	case isNull(r.after):
		r.fromValue(typeEndOf, right)
	case !isText(r.after) && !isNumber:
		r.problems.Addf("schedule."+typeEndOf, "must be %s, not %.60s", right, r.after)
	}
}

// kindOfSchedule is the type that was sent. Without one, the name of a type in
// `value` stands for it, or else the one key that has times.
func kindOfSchedule(object latch.Object) string {
	if kind := strings.ToLower(text(object["type"])); !isNull(object["type"]) {
		return kind
	}
	if isTypeName(object[keyValue]) {
		return strings.ToLower(text(object[keyValue]))
	}
	if !isNull(object[keyValue]) {
		return ""
	}
	for _, kind := range []string{typeEndOf, typeDaily, typeHourly, typeCustom} {
		if !isNull(object[kind]) {
			return kind
		}
	}
	return ""
}

// isTypeName reports whether `value` repeats the name of a type, as the form
// and the client of Mitto send it.
func isTypeName(value json.RawMessage) bool {
	return isText(value) && slices.Contains(scheduleTypes, strings.ToLower(text(value)))
}

// valueAsCron returns `value` where it is no name of a type.
func (r *scheduleReader) valueAsCron() json.RawMessage {
	if isTypeName(r.object[keyValue]) {
		return nil
	}
	return r.object[keyValue]
}

// fromValue takes `value` in place of the type's own key, which is missing.
// Without either, Latch's own keys have to say when the job runs.
func (r *scheduleReader) fromValue(key, wanted string) {
	r.cron, r.cronFrom = r.valueAsCron(), keyValue
	if isNull(r.cron) && isNull(r.object["cron"]) && isNull(r.object["after"]) {
		r.problems.Addf("schedule."+key, "required for a schedule of type %q: %s", r.kind, wanted)
	}
}

// latch returns the schedule in Latch's JSON; null for no schedule.
func (r *scheduleReader) latch() json.RawMessage {
	schedule := latch.Object{}
	for _, key := range latchScheduleKeys {
		if value := r.object[key]; !isNull(value) {
			schedule[key] = value
		}
	}
	if !isNull(r.after) {
		schedule["after"] = r.after
		if on := r.object[keyOn]; !isNull(on) {
			schedule["after"] = rawjson.Encode(latch.Object{"job": r.after, keyOn: on})
		}
	}
	if !isNull(r.cron) {
		schedule["cron"] = r.cron
	}
	if len(schedule) == 0 {
		return json.RawMessage("null")
	}
	return rawjson.Encode(schedule)
}

// whole returns a schedule as clients are shown it: all of Mitto's keys, with
// `value` computed, and whatever else was sent. One that has Latch's own keys,
// or cannot be read, stays as it came.
func whole(schedule json.RawMessage) json.RawMessage {
	schedule = withoutPython(schedule)
	object := members(schedule)
	if object == nil || !isNull(object["cron"]) || !isNull(object["after"]) {
		return schedule
	}
	read := readSchedule(object)
	if len(read.problems) > 0 {
		return schedule
	}
	shown := emptySchedule()
	maps.Copy(shown, read.object)
	if isNull(shown["type"]) && read.kind != "" {
		shown["type"] = rawjson.Encode(read.kind)
	}
	if shown[keyValue] = json.RawMessage("null"); !isNull(read.cron) {
		shown[keyValue] = read.cron
	}
	return rawjson.Encode(shown)
}

// emptySchedule is Mitto's schedule object without anything in it.
func emptySchedule() latch.Object {
	object := latch.Object{}
	for _, key := range mittoScheduleKeys {
		object[key] = json.RawMessage("null")
	}
	return object
}

// showSchedule returns a schedule of Latch's as clients of Mitto know it.
func showSchedule(schedule *latch.Schedule) json.RawMessage {
	if schedule == nil {
		return json.RawMessage("null")
	}
	object := emptySchedule()
	if schedule.After != "" {
		object["type"], object[typeEndOf] = rawjson.Encode(typeEndOf), IDJSON(schedule.After)
		if schedule.On != "" {
			object[keyOn] = rawjson.Encode(schedule.On)
		}
	} else {
		object["type"], object[typeCustom], object[keyValue] = rawjson.Encode(typeCustom), rawjson.Encode(schedule.Cron), rawjson.Encode(schedule.Cron)
	}
	if schedule.Timezone != "" {
		object["timezone"] = rawjson.Encode(schedule.Timezone)
	}
	if schedule.Catchup != 0 {
		object["catchup"] = rawjson.Encode(schedule.Catchup)
	}
	return rawjson.Encode(object)
}

// reference returns the id of a job that is named by its id or as an object.
func reference(value json.RawMessage) json.RawMessage {
	if id := members(value)["id"]; !isNull(id) {
		return id
	}
	return value
}
