package workflows

import (
	"encoding/json"
	"maps"
	"mime"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/verdict"
)

// Payloads carry only the variables that somebody looks at: the records of a
// long run are large. What is needed is read off the templates and
// expressions; it shapes arguments, which a replay does not compare.

// defaultBodyVariables are those that the body Latch writes by itself tells of.
var defaultBodyVariables = []string{"event", "webhook", "lock", "lock_url", "system", "job", "release", "step", "instance", "run", "data"}

// A reader lists the variables of one source; nil where the source does not
// compile, and everything is passed on.
type reader func() []string

func usesOf(sources ...reader) []string {
	needed := []string{}
	for _, read := range sources {
		uses := read()
		if uses == nil {
			return nil
		}
		needed = append(needed, uses...)
	}
	return needed
}

// join joins two lists, of which nil is everything.
func join(a, b []string) []string {
	if a == nil || b == nil {
		return nil
	}
	return append(slices.Clone(a), b...)
}

func expressionSource(source string, use expr.Use) reader {
	return func() []string {
		expression, err := expr.Compile(source, use)
		if err != nil {
			return nil
		}
		return orEmpty(expression.Uses())
	}
}

func whenSource(source string) reader { return expressionSource(source, expr.When) }

func questionSources(question verdict.Question) []reader {
	var sources []reader
	for _, asked := range []struct {
		source string
		use    expr.Use
	}{{question.Result, expr.Result}, {question.StopRelease, expr.StopRelease}, {question.RollbackRelease, expr.RollbackRelease}} {
		if asked.source != "" {
			sources = append(sources, expressionSource(asked.source, asked.use))
		}
	}
	return sources
}

func templateSource(source string, place expr.Place) reader {
	return func() []string {
		template, err := expr.CompileTemplate(source, place)
		if err != nil {
			return nil
		}
		return orEmpty(template.Uses())
	}
}

func treeSource(value []byte) reader {
	return func() []string {
		tree, err := expr.CompileTree(value)
		if err != nil {
			return nil
		}
		return orEmpty(tree.Uses())
	}
}

// bodySource reads a body: a string is a template in the content type's
// place, anything else JSON whose strings are templates.
func bodySource(body []byte, contentType string) reader {
	text, isText := decodeString(body)
	if !isText {
		return treeSource(body)
	}
	return templateSource(text, placeOf(contentType))
}

func placeOf(contentType string) expr.Place {
	mediaType, _, err := mime.ParseMediaType(contentType)
	switch {
	case err == nil && (mediaType == "application/json" || strings.HasSuffix(mediaType, "+json")):
		return expr.InJSON
	case err == nil && mediaType == "application/x-www-form-urlencoded":
		return expr.InForm
	default:
		return expr.InText
	}
}

// usesOfDelivery lists what a delivery's request is rendered from.
func usesOfDelivery(webhook *latch.Webhook, settings latch.Event) []string {
	var sources []reader
	if webhook.URL != "" {
		sources = append(sources, templateSource(webhook.URL, expr.InURL))
	}
	for _, name := range sortedKeys(webhook.Headers) {
		sources = append(sources, templateSource(webhook.Headers[name], expr.InHeader))
	}
	body := webhook.BodyFor(settings)
	if body == nil {
		return join(usesOf(sources...), defaultBodyVariables)
	}
	return usesOf(append(sources, bodySource(body, webhook.ContentTypeOrDefault()))...)
}

// usesOfHTTP lists what an http task is rendered from.
func usesOfHTTP(task *latch.HTTPTask) []string {
	sources := []reader{templateSource(task.URL, expr.InURL)}
	for _, name := range sortedKeys(task.Headers) {
		sources = append(sources, templateSource(task.Headers[name], expr.InHeader))
	}
	if len(task.Body) > 0 {
		contentType := task.ContentType
		if contentType == "" {
			contentType = latch.DefaultContentType
		}
		sources = append(sources, bodySource(task.Body, contentType))
	}
	if task.Success != "" {
		sources = append(sources, expressionSource(task.Success, expr.Success))
	}
	return usesOf(sources...)
}

// usesOfCommand lists what a command is rendered from.
func usesOfCommand(task *latch.CommandTask) []string {
	var sources []reader
	for _, argument := range task.Argv {
		sources = append(sources, templateSource(argument, expr.InText))
	}
	for _, name := range sortedKeys(task.Env) {
		sources = append(sources, templateSource(task.Env[name], expr.InText))
	}
	return usesOf(sources...)
}

// decodeString gives a JSON string's text.
func decodeString(value []byte) (string, bool) {
	var text string
	isText := len(value) > 0 && value[0] == '"' && json.Unmarshal(value, &text) == nil
	return text, isText
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

func orEmpty(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}
