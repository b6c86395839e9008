package workflows

import (
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/fields"
	"github.com/latch-run/latch/internal/vars"
	"github.com/latch-run/latch/internal/verdict"
)

// Payloads contain only the variables that may be used, because the records of a long run are
// large. A variable counts as used if its name appears in a template or an expression. That is
// sometimes more than necessary, but needs no compiler in workflow code.

// variableNames are the variables that a source may refer to.
var variableNames = vars.Names()

// mentioned returns the variables whose names appear in one of the sources.
func mentioned(sources ...string) []string {
	needed := []string{}
	for _, name := range variableNames {
		if slices.ContainsFunc(sources, func(source string) bool { return uses(source, name) }) {
			needed = append(needed, name)
		}
	}
	return needed
}

// uses reports whether a source may refer to a variable. The name in a path, as in /jobs/7, does
// not: no variable is a number by which anything is divided.
func uses(source, name string) bool {
	if escapes(source) {
		return true
	}
	for {
		before, after, found := strings.Cut(source, name)
		inPath := strings.HasSuffix(before, "/") && (after == "" || strings.ContainsAny(after[:1], `/?#"`))
		if !found || !inPath {
			return found
		}
		source = after
	}
}

// mentions reports whether a text appears in a source.
func mentions(source, text string) bool { return strings.Contains(source, text) || escapes(source) }

// escapes reports whether a source has letters escaped, as JSON may have them. Then any name may
// appear.
func escapes(source string) bool { return strings.Contains(source, `\u`) }

// neededBy lists the variables of a question, in addition to the record.
func neededBy(question verdict.Question) []string { return mentioned(question.Sources()...) }

// neededByDelivery lists the variables of a delivery's request.
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

// neededByTask lists the variables of an http task or a command.
func neededByTask(task any) []string { return mentioned(sourcesIn(task)...) }

// readsJobs reports whether a template or an expression in the value, which is a job or a task,
// may refer to the variable jobs.
func readsJobs(of any) bool {
	return slices.ContainsFunc(fields.Of(of), func(f *fields.Field) bool {
		return (f.Role.IsTemplate() || f.Role.IsExpression()) && uses(f.Text(), "jobs")
	})
}

// sourcesIn returns the templates and expressions in the value, except expressions of events,
// which are evaluated separately.
func sourcesIn(of any) []string {
	var sources []string
	for _, field := range fields.Of(of) {
		if field.Role.IsTemplate() || field.Role.IsExpression() && fields.Within[latch.Event](field) == nil {
			sources = append(sources, field.Text())
		}
	}
	return sources
}
