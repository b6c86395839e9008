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

// Types of schedule. Each is also the key that says when the job runs.
const (
	typeDaily  = "daily"
	typeHourly = "hourly"
	typeEndOf  = "endof"
	typeCustom = "custom"
	typeManual = "manual"
)

// scheduleTypes lists the types of schedule.
var scheduleTypes = []string{typeDaily, typeHourly, typeEndOf, typeCustom, typeManual}

// keyValue holds a schedule's cron expression, or the name of its type.
const keyValue = "value"

// keyOn holds the outcome of the job in endof after which this one runs. Only
// Latch has it.
const keyOn = "on"

// rightCron describes a valid value, for error messages.
const rightCron = `a cron expression such as "0 3 * * *"`

// mittoScheduleKeys are the keys of Mitto's schedule object. All of them are
// shown, null where they do not apply.
var mittoScheduleKeys = []string{"type", typeDaily, typeHourly, typeEndOf, typeCustom, keyValue}

// latchScheduleKeys are Latch's own keys of a schedule, accepted beside
// Mitto's.
var latchScheduleKeys = []string{"cron", "timezone", "after", "catchup"}

// schedule translates a schedule: Mitto's object, or a string or an object in
// Latch's own format. Null, or an object without times, means that the job runs
// only when it is started.
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
	if !isNull(read.cron) { // otherwise the client used Latch's own key
		t.renamed["schedule.cron"] = "schedule." + read.cronFrom
	}
	t.set(keySchedule, read.latch())
}

// A scheduleReader reads Mitto's schedule object.
type scheduleReader struct {
	object latch.Object
	// kind is the schedule's type, as sent or as the other keys imply.
	kind string
	// cron is a cron expression or null; cronFrom is the key it was read from.
	cron     json.RawMessage
	cronFrom string
	// after is the id of the job to run after, or null.
	after    json.RawMessage
	problems latch.Problems
}

// readSchedule works out when the job runs. The key that the type names takes
// precedence over `value`, because a client that changes `daily` sends back the
// old `value` it was shown.
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

// follow reads the job to run after: its id, or an object that holds the id.
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

// kindOfSchedule returns the schedule's type. If none was sent, it is the type
// that `value` names, or else the one key that holds times.
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

// isTypeName reports whether `value` repeats the name of a type, as Mitto's web
// form and client send it.
func isTypeName(value json.RawMessage) bool {
	return isText(value) && slices.Contains(scheduleTypes, strings.ToLower(text(value)))
}

// valueAsCron returns `value`, or nil if it is the name of a type.
func (r *scheduleReader) valueAsCron() json.RawMessage {
	if isTypeName(r.object[keyValue]) {
		return nil
	}
	return r.object[keyValue]
}

// fromValue uses `value` in place of the type's own key, which is missing. If
// `value` is missing too, Latch's own keys must say when the job runs.
func (r *scheduleReader) fromValue(key, wanted string) {
	r.cron, r.cronFrom = r.valueAsCron(), keyValue
	if isNull(r.cron) && isNull(r.object["cron"]) && isNull(r.object["after"]) {
		r.problems.Addf("schedule."+key, "required for a schedule of type %q: %s", r.kind, wanted)
	}
}

// latch returns the schedule in Latch's format, or null for a job without a schedule.
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
// `value` computed, and any other keys that were sent. A schedule that uses
// Latch's own keys, or that cannot be read, is returned unchanged.
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

// emptySchedule returns Mitto's schedule object with all keys null.
func emptySchedule() latch.Object {
	object := latch.Object{}
	for _, key := range mittoScheduleKeys {
		object[key] = json.RawMessage("null")
	}
	return object
}

// showSchedule returns one of Latch's schedules as Mitto's clients know it.
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

// reference returns the id of a job given by its id or as an object.
func reference(value json.RawMessage) json.RawMessage {
	if id := members(value)["id"]; !isNull(id) {
		return id
	}
	return value
}
