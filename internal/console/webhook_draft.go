package console

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/console/piece"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/spec"
)

// A hookDraft is a webhook as its form holds it: the raw text of each field. It
// is made from a webhook ([draftOf]) or a posted form ([sentDraft]), and
// converted to a form ([visit.hookForm]) or a webhook ([hookDraft.object]).
type hookDraft struct {
	url.Values
	// ofJob is true for a job's webhook, whose keys have Mitto's names.
	ofJob bool
	// events is the number of events that the form has fields for.
	events int
}

var (
	// eventKeys are the settings of an event: all keys except its name, its
	// body, and whether it is enabled.
	eventKeys = []hookKey{
		{name: "when", label: "Only when", help: "An expression; where it is false, nothing is sent"},
		{name: "blocking", label: "Blocking: hold the run until the lock is removed", kind: piece.KindCheck},
		{name: "enforce", label: "Only record what it would decide", kind: piece.KindCheck, unset: true},
		{name: "lock_timeout", label: "Lock timeout", help: "How long to wait for the removal, such as 2h; no limit unless given"},
		{name: "on_timeout", label: "Then", help: "What the lock's timeout decides; stop unless given", kind: piece.KindSelect, options: decisions},
		{name: "answer_timeout", label: "Answer timeout", help: "How long a decision may stay open without a lock; 90s unless given"},
		{name: "approvals", label: "Approvals", kind: piece.KindCode,
			help: `Who has to approve before the lock is removed, as [{"groups": ["sre"], "count": 2}]; all of them have to`},
		{name: "allow_self", label: "Whoever started the run may not approve", kind: piece.KindCheck, unset: true},
		{name: "allow_unproven", label: "Count votes of people whose names nobody has proven", kind: piece.KindCheck},
		{name: "reject", label: "Rejections", kind: piece.KindSelect, options: []string{"", latch.RejectAny, latch.RejectQuorum},
			help: "How many close the lock: any is one, quorum as many as one of the approvals needs people; any unless given"},
		{name: "form", label: "Form", help: "A JSON Schema of what each approval has to fill in", kind: piece.KindCode},
		{name: "remind", label: "Remind", kind: piece.KindCode,
			help: `When LOCK_REMINDER fires while the lock is open, as ["2h", "8h"] after its opening`},
		{name: "escalate", label: "Escalate", kind: piece.KindCode,
			help: `Who may vote as well once the lock has been open for long, as {"after": "24h", "groups": ["leads"]}`},
		{name: "soak", label: "Soak", help: "How long to let nothing pass after the event, such as 20m"},
		{name: "on_error", label: "On error", help: "What a failed delivery decides", kind: piece.KindSelect, options: decisions},
		{name: "result", label: "Result", help: "An expression over the answer: pass or fail"},
		{name: "stop_release", label: "Stop rule", help: "An expression; true stops the release"},
		{name: "rollback_release", label: "Rollback rule", help: "An expression; true stops the release and undoes its steps"},
	}
	// plainKeys have fields that are always shown. keysWithout are set by the
	// API and have no field.
	plainKeys   = []string{"id", "url", "method", "content_type", "body", "enabled", "event", "event_type", "events"}
	keysWithout = []string{"created_at", "updated_at", "job_id", "warnings", "endpoint"}
)

// eventField returns the name of an event's form field.
func eventField(at int, key string) string { return "event-" + strconv.Itoa(at) + "-" + key }

// draftOf makes a draft from a webhook's JSON.
func draftOf(object latch.Object, ofJob bool) *hookDraft {
	d := &hookDraft{Values: url.Values{}, ofJob: ofJob}
	rest := latch.Object{}
	for key, value := range object {
		if slices.Contains(plainKeys, key) || slices.Contains(keysWithout, key) || d.hasField(key) || isNothing(value) {
			continue
		}
		if !d.putObject(key, value) {
			rest[key] = value
		}
	}
	for _, key := range []string{"id", "url", "method", "content_type"} {
		d.put(key, object[key])
	}
	for _, key := range hookKeys() {
		d.putKey(key, key.name, object[key.name])
	}
	d.putEnabled("enabled", object["enabled"])
	d.putBody("body", object["body"])
	d.Set("rest", piece.Object(rest))
	for at, event := range eventsIn(object) {
		d.events = at + 1
		d.put(eventField(at, "event"), event["event"])
		d.putEnabled(eventField(at, "enabled"), event["enabled"])
		d.putBody(eventField(at, "body"), event["body"])
		for _, key := range eventKeys {
			d.putKey(key, eventField(at, key.name), event[key.name])
		}
	}
	d.makeRoom()
	return d
}

// eventsIn returns a webhook's events, whichever key they are written under.
func eventsIn(object latch.Object) []latch.Object {
	for _, key := range []string{"event_type", "event"} {
		if !isNothing(object[key]) {
			return []latch.Object{{"event": object[key]}}
		}
	}
	var events []latch.Object
	_ = json.Unmarshal(object["events"], &events) // written by the API, or absent
	return events
}

// newDraft returns the draft of a new webhook.
func newDraft(ofJob bool) *hookDraft {
	return draftOf(latch.Object{"method": json.RawMessage(`"POST"`), "content_type": rawjson.Encode(latch.DefaultContentType)}, ofJob)
}

// sentDraft makes a draft from a posted form.
func sentDraft(sent url.Values, ofJob bool) *hookDraft {
	d := &hookDraft{Values: url.Values{}, ofJob: ofJob}
	for key, values := range sent {
		d.Set(key, lineEnds.Replace(strings.Join(values, "")))
	}
	d.events, _ = strconv.Atoi(d.Get("events"))
	d.events = max(0, min(d.events, maximumEvents))
	for at := d.events - 1; at >= 0; at-- {
		if d.isBlank(at) {
			d.drop(at)
		}
	}
	d.makeRoom()
	return d
}

// maximumEvents bounds the events that one form has fields for.
const maximumEvents = 100

// isBlank reports whether nothing was typed for an event.
func (d *hookDraft) isBlank(at int) bool {
	for _, key := range eventKeys {
		if d.Get(eventField(at, key.name)) != "" {
			return false
		}
	}
	return d.Get(eventField(at, "event")) == "" && d.Get(eventField(at, "body")) == ""
}

// drop removes an event and moves up the ones after it.
func (d *hookDraft) drop(at int) {
	names := []string{"event", "enabled", "body", "body_json"}
	for _, key := range eventKeys {
		names = append(names, key.name)
	}
	for ; at < d.events; at++ {
		for _, name := range names {
			d.Del(eventField(at, name))
			if value := d.Get(eventField(at+1, name)); value != "" && at+1 < d.events {
				d.Set(eventField(at, name), value)
			}
		}
	}
	d.events--
}

// makeRoom adds the fields of one more event.
func (d *hookDraft) makeRoom() {
	d.Set(eventField(d.events, "enabled"), "true")
	d.events++
}

func (d *hookDraft) hasField(name string) bool {
	return slices.ContainsFunc(hookKeys(), func(key hookKey) bool { return key.name == name && !(key.registered && d.ofJob) })
}

func isNothing(value json.RawMessage) bool { return len(value) == 0 || string(value) == "null" }

// put sets a field: a string unchanged, true as a checked box, and any other
// value as JSON.
func (d *hookDraft) put(name string, value json.RawMessage) {
	var text string
	switch {
	case isNothing(value), string(value) == "false":
	case json.Unmarshal(value, &text) == nil:
		d.Set(name, text)
	default:
		d.Set(name, string(value))
	}
}

// putKey sets the field of a key.
func (d *hookDraft) putKey(key hookKey, field string, value json.RawMessage) {
	switch {
	case key.kind == piece.KindCode && !isNothing(value):
		d.Set(field, piece.JSON(value))
	case !key.unset:
		d.put(field, value)
	case string(value) == "false":
		d.Set(field, "true")
	}
}

func (d *hookDraft) putEnabled(name string, value json.RawMessage) {
	if string(value) != "false" {
		d.Set(name, "true")
	}
}

// putBody sets the field of a body: a template unchanged, otherwise JSON.
func (d *hookDraft) putBody(name string, value json.RawMessage) {
	if isNothing(value) {
		return
	}
	var text string
	if json.Unmarshal(value, &text) == nil {
		d.Set(name, text)
		return
	}
	d.Set(name, piece.JSON(value))
	d.Set(name+"_json", "true")
}

// object converts the draft to a webhook's JSON. Its problems are only about
// fields that are not valid JSON; the API reports all others.
func (d *hookDraft) object() (latch.Object, latch.Problems) {
	object, problems := d.rest()
	for _, name := range []string{"url", "method", "content_type"} {
		take(object, name, d.Get(name))
	}
	if !d.ofJob {
		take(object, "id", d.Get("id"))
	}
	for _, key := range hookKeys() {
		if !(key.registered && d.ofJob) {
			d.takeKey(object, &problems, key, key.name, key.name)
		}
	}
	d.takeObjects(object, &problems)
	d.takeEnabled(object, "enabled")
	d.takeBody(object, &problems, "body", "body")
	events := d.eventObjects(&problems)
	switch {
	case len(events) == 1 && len(events[0]) == 1 && d.ofJob:
		object["event_type"] = events[0]["event"]
	case len(events) == 1 && len(events[0]) == 1:
		object["event"] = events[0]["event"]
	case len(events) > 0:
		object["events"] = rawjson.Encode(events)
	}
	return object, problems
}

func (d *hookDraft) eventObjects(problems *latch.Problems) []latch.Object {
	var events []latch.Object
	for at := range d.events {
		if d.isBlank(at) {
			continue
		}
		event := latch.Object{"event": rawjson.Encode(d.Get(eventField(at, "event")))}
		for _, key := range eventKeys {
			d.takeKey(event, problems, key, eventField(at, key.name), fmt.Sprintf("events[%d].%s", at, key.name))
		}
		d.takeEnabled(event, eventField(at, "enabled"))
		d.takeBody(event, problems, eventField(at, "body"), fmt.Sprintf("events[%d].body", at))
		events = append(events, event)
	}
	return events
}

// rest parses the keys that have no field of their own.
func (d *hookDraft) rest() (latch.Object, latch.Problems) {
	object := latch.Object{}
	var problems latch.Problems
	text := strings.TrimSpace(d.Get("rest"))
	if text == "" {
		return object, nil
	}
	encoded, err := spec.ToJSON([]byte(text))
	switch {
	case err != nil:
		problems.Addf("rest", "is neither JSON nor YAML: %v", err)
	case json.Unmarshal(encoded, &object) != nil || object == nil:
		problems.Addf("rest", "must be an object of keys with their values")
		object = latch.Object{}
	}
	for key, value := range object {
		if slices.Contains(plainKeys, key) || d.hasField(key) {
			problems.Addf("rest", "%q has a field of its own in this form", key)
		} else if o, _ := objectOf(key, value); o != nil {
			problems.Addf("rest", "%q has fields of its own in this form: %s", key, o.legend)
		}
	}
	return object, problems
}

func take(object latch.Object, key, value string) {
	if value != "" {
		object[key] = rawjson.Encode(value)
	}
}

func (d *hookDraft) takeKey(object latch.Object, problems *latch.Problems, key hookKey, field, path string) {
	value := d.Get(field)
	switch _, notNumber := strconv.ParseInt(value, 10, 64); {
	case value == "":
	case key.kind == piece.KindCode:
		encoded, err := spec.ToJSON([]byte(value))
		if err != nil {
			problems.Addf(path, "is neither JSON nor YAML: %v", err)
			return
		}
		object[key.name] = encoded
	case key.numeric && isNumber(value):
		object[key.name] = json.RawMessage(value)
	case key.kind == piece.KindCheck && key.unset:
		object[key.name] = json.RawMessage("false")
	case key.kind == piece.KindCheck:
		object[key.name] = json.RawMessage("true")
	case key.name == "timeout" && d.ofJob && notNumber == nil: // seconds
		object[key.name] = json.RawMessage(strconv.AppendInt(nil, mustInt(value), 10))
	default:
		take(object, key.name, value)
	}
}

func mustInt(text string) int64 {
	number, _ := strconv.ParseInt(text, 10, 64)
	return number
}

func (d *hookDraft) takeEnabled(object latch.Object, field string) {
	if d.Get(field) == "" {
		object["enabled"] = json.RawMessage("false")
	}
}

func (d *hookDraft) takeBody(object latch.Object, problems *latch.Problems, field, path string) {
	text := d.Get(field)
	switch {
	case text == "":
	case d.Get(field+"_json") == "":
		object["body"] = rawjson.Encode(text)
	case json.Valid([]byte(text)):
		object["body"] = json.RawMessage(text)
	default:
		var value any
		problems.Addf(path, "is not JSON: %v", json.Unmarshal([]byte(text), &value))
	}
}
