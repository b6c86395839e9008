package admission

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
)

// compiler walks through an input and collects what does not compile. A
// template's fault is left out where the shape has one at that path, since
// both look at the same text; an expression's stands beside it.
type compiler struct {
	shape, templates, expressions latch.Problems
}

func (c *compiler) job(path string, job *latch.Job) {
	c.task(join(path, "task"), job.Task)
	for i, item := range job.Jobs {
		if item.Job != nil {
			c.job(fmt.Sprintf("%s[%d]", join(path, "jobs"), i), item.Job)
		}
	}
	c.webhooks(join(path, "webhooks"), job.Webhooks)
}

func (c *compiler) release(release *latch.Release) {
	for i, step := range release.Steps {
		path := fmt.Sprintf("steps[%d]", i)
		c.task(join(path, "do"), step.Do)
		c.task(join(path, "undo"), step.Undo)
	}
	c.webhooks("webhooks", release.Webhooks)
}

func (c *compiler) webhooks(path string, webhooks []latch.Webhook) {
	for i := range webhooks {
		webhook, at := &webhooks[i], fmt.Sprintf("%s[%d]", path, i)
		place := placeOf(webhook.ContentType)
		c.template(join(at, "url"), webhook.URL, expr.InURL)
		c.headers(join(at, "headers"), webhook.Headers)
		c.body(join(at, "body"), webhook.Body, place)
		for j := range webhook.Events {
			event, at := &webhook.Events[j], fmt.Sprintf("%s.events[%d]", at, j)
			c.body(join(at, "body"), event.Body, place)
			c.expression(join(at, "when"), event.When, expr.When)
			c.expression(join(at, "result"), event.Result, expr.Result)
			c.expression(join(at, "stop_release"), event.StopRelease, expr.StopRelease)
			c.expression(join(at, "rollback_release"), event.RollbackRelease, expr.RollbackRelease)
		}
	}
}

func (c *compiler) task(path string, task *latch.Task) {
	if task == nil {
		return
	}
	if activity := task.Activity; activity != nil {
		c.arguments(join(path, "activity"), activity.Input, activity.Args)
	}
	if workflow := task.Workflow; workflow != nil {
		at := join(path, "workflow")
		c.template(join(at, "id"), workflow.ID, expr.InText)
		c.arguments(at, workflow.Input, workflow.Args)
	}
	if http := task.HTTP; http != nil {
		at := join(path, "http")
		c.template(join(at, "url"), http.URL, expr.InURL)
		c.headers(join(at, "headers"), http.Headers)
		c.body(join(at, "body"), http.Body, placeOf(http.ContentType))
		c.expression(join(at, "success"), http.Success, expr.Success)
	}
	if command := task.Command; command != nil {
		at := join(path, "command")
		for i, argument := range command.Argv {
			c.template(fmt.Sprintf("%s.argv[%d]", at, i), argument, expr.InText)
		}
		for _, name := range slices.Sorted(maps.Keys(command.Env)) {
			c.template(at+".env."+name, command.Env[name], expr.InText)
		}
	}
}

func (c *compiler) arguments(path string, input json.RawMessage, args []json.RawMessage) {
	c.tree(join(path, "input"), input)
	for i, argument := range args {
		c.tree(fmt.Sprintf("%s.args[%d]", path, i), argument)
	}
}

func (c *compiler) headers(path string, headers map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		c.template(join(path, name), headers[name], expr.InHeader)
	}
}

// body takes a string for a template of the body's text, all else for JSON
// whose strings are templates.
func (c *compiler) body(path string, body json.RawMessage, place expr.Place) {
	var text string
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte{'"'}) && json.Unmarshal(body, &text) == nil {
		c.template(path, text, place)
		return
	}
	c.tree(path, body)
}

func (c *compiler) tree(path string, value json.RawMessage) {
	if len(value) > 0 {
		_, err := expr.CompileTree(value)
		report(&c.templates, path, err)
	}
}

func (c *compiler) template(path, source string, place expr.Place) {
	if source != "" {
		_, err := expr.CompileTemplate(source, place)
		report(&c.templates, path, err)
	}
}

func (c *compiler) expression(path, source string, use expr.Use) {
	if source != "" {
		_, err := expr.Compile(source, use)
		report(&c.expressions, path, err)
	}
}

// report makes one problem of each compile error in err, which may be several
// joined, and wrapped by the path of the string within a JSON value.
func report(problems *latch.Problems, path string, err error) {
	switch e := err.(type) {
	case nil:
	case *expr.CompileError:
		problems.Addf(path, "%s", describe(e))
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			report(problems, path, one)
		}
	default:
		inner := errors.Unwrap(err)
		if inner == nil {
			problems.Addf(path, "%v", err)
			return
		}
		report(problems, path+strings.TrimSuffix(err.Error(), ": "+inner.Error()), inner)
	}
}

// describe gives the error as "line:column: what is wrong, in which source".
func describe(e *expr.CompileError) string {
	text := e.Message
	if e.Line > 0 {
		text = fmt.Sprintf("%d:%d: %s", e.Line, e.Column, text)
	}
	if source := strings.TrimSpace(e.Source); source != "" {
		text += fmt.Sprintf(" (in %q)", abbreviate(source))
	}
	return text
}

// abbreviate bounds a source in a message, in bytes.
func abbreviate(source string) string {
	const most = 120
	if len(source) <= most {
		return source
	}
	return strings.ToValidUTF8(source[:most], "") + "…"
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
