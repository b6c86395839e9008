package mitto

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/typo"
)

// Known keys, against which mistyped ones are compared.
var (
	jobKeys     = slices.Concat(slices.Sorted(maps.Keys(unset)), given, []string{keyVars, keyRetry, keyTask, keyWebhooks})
	hookKeys    = slices.Concat(webhookKeys, given, []string{keyEventType, keyJobID})
	whenKeys    = slices.Concat(mittoScheduleKeys, latchScheduleKeys)
	clockKeys   = []string{keyMinute, keyHour, keyAMPM}
	commandKeys = []string{"shell", "cmd", "exec", "timeout", "cmd_env"}
)

// Warnings returns what was accepted in a registered job but is probably a
// mistake: unknown keys, templates that read missing fields, work that cannot
// run. Paths are those of Mitto's JSON.
func Warnings(definition *protocol.Definition) []latch.Problem {
	j := Of(definition)
	var warnings latch.Problems
	if j.Lacks != "" {
		warnings.Addf(keyConf, "the job is kept, but its runs fail: %s", j.Lacks)
	}
	j.doubtKeys(&warnings)
	t := newTranslation(j.Extras)
	t.set("id", rawjson.Encode(j.ID))
	t.settings(nil)
	t.work()
	t.hooks(j.hooks())
	job, err := t.admit()
	if err != nil {
		return warnings // it was admitted earlier, under other rules
	}
	if j.Latch != nil {
		job = j.Latch
	}
	for _, warning := range admission.RegisteredJobWarnings(job, Fields(definition)) {
		warnings.Addf(t.rename(warning.Path), "%s", warning.Message)
	}
	return warnings
}

// WebhookWarnings returns the [Warnings] about one webhook, with paths relative
// to it.
func WebhookWarnings(definition *protocol.Definition, id int64) []latch.Problem {
	j := Of(definition)
	at, err := j.find(j.hooks(), id)
	if err != nil {
		return nil
	}
	var warnings latch.Problems
	for _, warning := range Warnings(definition) {
		if path, is := strings.CutPrefix(warning.Path, fmt.Sprintf("%s[%d].", keyWebhooks, at)); is {
			warnings.Addf(path, "%s", warning.Message)
		}
	}
	return warnings
}

// doubtKeys warns about keys that are probably mistyped. They are kept.
func (j *Job) doubtKeys(warnings *latch.Problems) {
	doubt(warnings, "", j.Extras, jobKeys)
	schedule := withoutPython(j.Extras[keySchedule])
	doubt(warnings, keySchedule+".", members(schedule), whenKeys)
	if kind := text(members(schedule)["type"]); !slices.Contains(scheduleTypes, strings.ToLower(kind)) {
		if meant := typo.Meant(kind, scheduleTypes); meant != "" {
			warnings.Addf(keySchedule+".type", "%q is not a type of schedule, so only value counts; did you mean %q?", kind, meant)
		}
	}
	for _, clock := range []string{typeDaily, typeHourly} {
		doubt(warnings, keySchedule+"."+clock+".", members(members(schedule)[clock]), clockKeys)
	}
	if kind := text(j.Extras[keyType]); !slices.Contains(foreignTypes, kind) {
		known := append([]string{keyTask}, taskKinds...)
		if kind == typeCommand {
			known = append(known, commandKeys...)
		}
		doubt(warnings, keyConf+".", members(confAsJSON(j.Extras[keyConf])), known)
	}
	for i, h := range j.hooks() {
		doubt(warnings, fmt.Sprintf("%s[%d].", keyWebhooks, i), h.object, hookKeys)
	}
}

// doubt warns about unknown keys of an object that resemble known ones.
func doubt(warnings *latch.Problems, path string, object latch.Object, known []string) {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if slices.Contains(known, key) || isOwn(key) {
			continue
		}
		if meant := typo.Meant(key, known); meant != "" {
			warnings.Addf(path+key, "unknown key, kept without effect; did you mean %q?", meant)
		}
	}
}
