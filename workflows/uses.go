package workflows

import (
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/fields"
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
	at := webhook.At(settings)
	needed := mentioned(sourcesIn(&at)...)
	if at.Body == nil && at.WorkInput() == nil {
		needed = append(needed, vars.InBody()...)
	}
	if webhook.CloudEvents != "" {
		needed = append(needed, "system")
	}
	return needed
}

// neededByTask lists what an http task or a command is rendered from.
func neededByTask(task any) []string { return mentioned(sourcesIn(task)...) }

// sourcesIn returns the templates and expressions of what is pointed to, but for
// expressions of events, which are evaluated by themselves.
func sourcesIn(of any) []string {
	var sources []string
	for _, field := range fields.Of(of) {
		if field.Role.IsTemplate() || field.Role.IsExpression() && fields.Within[latch.Event](field) == nil {
			sources = append(sources, field.Text())
		}
	}
	return sources
}
