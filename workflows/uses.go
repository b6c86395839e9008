package workflows

import (
	"maps"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/vars"
	"github.com/latch-run/latch/internal/verdict"
)

// Payloads carry only the variables that somebody may look at: the records of
// a long run are large. A variable is needed where its name stands in a
// template or an expression. That is more than is really looked at, now and
// then, and needs no compiler in workflow code.

// variableNames are the roots that a source may refer to.
var variableNames = vars.Names()

// mentioned returns the variables whose names stand in one of the sources.
func mentioned(sources ...string) []string {
	needed := []string{}
	for _, name := range variableNames {
		if slices.ContainsFunc(sources, func(source string) bool { return mentions(source, name) }) {
			needed = append(needed, name)
		}
	}
	return needed
}

// mentions reports whether a name stands in a source. JSON may write a letter as
// an escape: then every name may.
func mentions(source, name string) bool {
	return strings.Contains(source, name) || strings.Contains(source, `\u`)
}

// neededBy lists what a question is answered from, beside the record.
func neededBy(question verdict.Question) []string { return mentioned(question.Sources()...) }

// neededByDelivery lists what a delivery's request is rendered from.
func neededByDelivery(webhook *latch.Webhook, settings latch.Event) []string {
	sources := append([]string{webhook.URL, webhook.Success}, values(webhook.Headers)...)
	body := webhook.BodyFor(settings)
	needed := mentioned(append(sources, string(body))...)
	if body == nil {
		needed = append(needed, vars.InBody()...)
	}
	if webhook.CloudEvents != "" {
		needed = append(needed, "system")
	}
	return needed
}

// neededByHTTP lists what an http task is rendered from.
func neededByHTTP(task *latch.HTTPTask) []string {
	return mentioned(append(values(task.Headers), task.URL, string(task.Body), task.Success)...)
}

// neededByCommand lists what a command is rendered from.
func neededByCommand(task *latch.CommandTask) []string {
	return mentioned(append(values(task.Env), task.Argv...)...)
}

// values returns a map's values, in the order of its keys.
func values(m map[string]string) []string {
	var listed []string
	for _, key := range slices.Sorted(maps.Keys(m)) {
		listed = append(listed, m[key])
	}
	return listed
}
