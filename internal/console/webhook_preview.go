package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/console/piece"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/vars"
)

// A hookPreview shows what the webhook in the form would send.
type hookPreview struct {
	// Said is the sentence that a screen reader announces.
	Said string
	// With names the run that the values are from.
	With piece.Cell
	// Problems must be fixed; Warnings are probably mistakes.
	Problems, Warnings []piece.FieldProblem
	Events             []eventPreview
}

// An eventPreview is the request that the webhook would send at one event.
type eventPreview struct {
	Event string
	// Line is the request line: method and URL.
	Line string
	// Headers and Body are those of the request; Cut is true if the body is
	// longer.
	Headers, Body string
	Cut           bool
	// Nothing says why no request would be sent.
	Nothing   string
	Variables piece.List
	// ID begins the ids of its elements.
	ID string
}

// previewHook shows what was typed, and what it would send.
func (v *visit) previewHook() (*answer, error) {
	p := v.hookPlace()
	d := sentDraft(v.sent, p.ofJob())
	preview, problems, err := p.previewOf(d)
	if err != nil {
		return nil, err
	}
	return v.showHook(d, v.sent.Get("etag"), func(page *hookPage) error {
		page.Preview = showPreview(preview, &page.Form, problems)
		page.Form.Refuse(problems)
		return nil
	})
}

// firstPreview returns the preview that the form opens with, without problems,
// which are shown once a preview is requested. It returns nil if nothing can be
// rendered.
func (p hookPlace) firstPreview(d *hookDraft, form *piece.Form) *hookPreview {
	preview, _, err := p.previewOf(d)
	if err != nil {
		return nil // if the error lasts, loading the webhook has already reported it
	}
	shown := showPreview(preview, form, nil)
	if shown.Said = ""; len(shown.Warnings) > 0 {
		shown.Said = summary(0, len(shown.Warnings))
	}
	return shown
}

// previewOf returns what a draft would send, and all problems: those that the
// form finds, those that the API would reject, and those at which a worker
// would fail.
func (p hookPlace) previewOf(d *hookDraft) (*api.WebhookPreview, latch.Problems, error) {
	webhook, problems := d.object()
	unread := len(problems) > 0 && slices.ContainsFunc(problems, func(each latch.Problem) bool { return each.Path == "rest" })
	preview, err := p.preview(webhook)
	if err != nil {
		return nil, nil, err
	}
	for _, each := range preview.Errors {
		if unread && each.Path == "url" && d.Get("url") == "" {
			continue // the webhook may have a secret among the keys that cannot be read
		}
		problems = append(problems, latch.Problem{Path: each.Path, Message: each.Message})
	}
	for _, event := range preview.Events {
		for _, each := range event.Errors {
			problem := latch.Problem{Path: each.Path, Message: each.Message}
			if !slices.Contains(problems, problem) {
				problems = append(problems, problem)
			}
		}
	}
	return preview, problems, nil
}

// showPreview shows a preview, with links to the fields of the form.
func showPreview(preview *api.WebhookPreview, form *piece.Form, problems latch.Problems) *hookPreview {
	shown := &hookPreview{With: runOf(&preview.Run)}
	for _, each := range problems {
		shown.Problems = append(shown.Problems, form.Place(each))
	}
	for _, each := range preview.Warnings {
		shown.Warnings = append(shown.Warnings, form.Place(latch.Problem{Path: each.Path, Message: each.Message}))
	}
	for i := range preview.Events {
		shown.Events = append(shown.Events, showEvent(fmt.Sprint("preview-", i), &preview.Events[i]))
	}
	shown.Said = summary(len(shown.Problems), len(shown.Warnings))
	if len(shown.Events) == 0 {
		shown.Said += " Choose an event to see what would be sent."
	}
	return shown
}

// summary says how many problems and warnings there are.
func summary(problems, warnings int) string {
	text := "Nothing is wrong."
	switch {
	case problems == 1:
		text = "One thing is wrong."
	case problems > 1:
		text = fmt.Sprintf("%d things are wrong.", problems)
	}
	switch {
	case warnings == 1:
		text += " One thing is probably a mistake."
	case warnings > 1:
		text += fmt.Sprintf(" %d things are probably mistakes.", warnings)
	}
	return text
}

// runOf names the run that the values are from.
func runOf(run *api.PreviewRun) piece.Cell {
	if run.MadeUp {
		return piece.Text("A run that is made up")
	}
	cell := piece.Text("The last run of the job, " + run.WorkflowID)
	return cell.WithTime(run.Status+", began", run.StartedAt)
}

func showEvent(id string, event *api.EventPreview) eventPreview {
	shown := eventPreview{ID: id, Event: event.Event, Variables: variablesOf(id+"-variables", event)}
	request := event.Request
	switch {
	case request == nil && len(event.Errors) > 0:
		shown.Nothing = "It cannot be rendered."
		return shown
	case request == nil:
		shown.Nothing = "Nothing is sent without a URL."
		return shown
	}
	shown.Line = strings.TrimSpace(request.Method + " " + request.URL)
	shown.Headers = headerLines(request.Headers)
	shown.Body, shown.Cut = request.Body, request.Cut
	if !strings.Contains(shown.Body, "\n") {
		shown.Body = piece.JSON([]byte(shown.Body)) // a default body is a single long line
	}
	return shown
}

// headerLines formats headers as in a request, sorted by name.
func headerLines(headers map[string]string) string {
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		lines.WriteString(name + ": " + headers[name] + "\n")
	}
	return lines.String()
}

// Bounds of the list of variables: the depth to which objects are expanded, the
// number of rows, and the number of characters shown of a value.
const (
	variableDepth    = 3
	maximumVariables = 200
	maximumValue     = 200
)

// variablesOf lists the variables that templates see at the event, with their
// values.
func variablesOf(id string, event *api.EventPreview) piece.List {
	list := piece.List{ID: id, Name: "Variables at " + event.Event, Columns: []string{"Variable", "Value"}}
	for _, name := range vars.Names() {
		if value, has := event.Variables[name]; has {
			addVariable(&list, name, value, 1)
		}
	}
	for _, name := range event.LeftOut {
		list.Rows = append(list.Rows, piece.Row{Key: name, Cells: []piece.Cell{piece.Code("${" + name + "}"), piece.Text("too large to be shown")}})
	}
	more := len(list.Rows) > maximumVariables
	list.Rows = list.Rows[:min(len(list.Rows), maximumVariables)]
	list.Count = piece.Count(len(list.Rows), piece.Unknown, more)
	return list
}

// addVariable adds a value, or, if it is an object, each of its values.
func addVariable(list *piece.List, name string, value json.RawMessage, depth int) {
	var object latch.Object
	if depth < variableDepth && bytes.HasPrefix(value, []byte("{")) && json.Unmarshal(value, &object) == nil && len(object) > 0 {
		for _, key := range slices.Sorted(maps.Keys(object)) {
			addVariable(list, name+selection(key), object[key], depth+1)
		}
		return
	}
	shown := string(value)
	var text string
	if json.Unmarshal(value, &text) == nil && string(value) != "null" {
		shown = text
	}
	list.Rows = append(list.Rows, piece.Row{Key: name, Cells: []piece.Cell{piece.Code("${" + name + "}"), piece.Code(excerpt.Of(shown, maximumValue))}})
}

// selection returns the suffix with which an expression selects a key.
func selection(key string) string {
	isWord := key != "" && !strings.ContainsFunc(key, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_'
	}) && (key[0] < '0' || key[0] > '9')
	if isWord {
		return "." + key
	}
	return "['" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`).Replace(key) + "']"
}
