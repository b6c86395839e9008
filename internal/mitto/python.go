package mitto

import (
	"encoding/json"
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
)

// pythonWords are the values that Python prints in place of JSON's. Clients
// written in Python send them as strings by mistake, and Mitto accepts them.
var pythonWords = map[string]json.RawMessage{
	"None":  json.RawMessage("null"),
	"True":  json.RawMessage("true"),
	"False": json.RawMessage("false"),
}

// neverText are the keys of a job and of a webhook that never hold a string, so
// that Python's words in them mean the value. A title, in contrast, may well be
// "None".
var neverText = []string{
	keySchedule, keyTimeout, keyDelay, "notify", keyContinueOnError, "concurrency", keyTags, keyJobs, keyWebhooks, keyConf, keyTask, keyRetry, keyVars,
	"enabled", "send_secret", "events",
}

// withoutPythonIn returns a job or a webhook with Python's words replaced by
// JSON's values, in the keys that never hold a string.
func withoutPythonIn(object latch.Object) latch.Object {
	plain := latch.Object{}
	for key, value := range object {
		if word, found := pythonWords[text(value)]; found && isText(value) && slices.Contains(neverText, key) {
			value = word
		}
		plain[key] = value
	}
	return plain
}

// withoutPython returns a value with Python's words replaced by JSON's values,
// at every depth of its objects.
func withoutPython(value json.RawMessage) json.RawMessage {
	if word, found := pythonWords[text(value)]; found && isText(value) {
		return word
	}
	object := members(value)
	if object == nil {
		return value
	}
	for key, each := range object {
		object[key] = withoutPython(each)
	}
	return rawjson.Encode(object)
}
