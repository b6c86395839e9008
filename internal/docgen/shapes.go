package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/latch-run/latch"
)

// answers are the types of results of runs and of messages to them, which have
// no JSON Schema.
var answers = []reflect.Type{
	reflect.TypeFor[latch.JobResult](), reflect.TypeFor[latch.ReleaseResult](), reflect.TypeFor[latch.EmissionResult](), reflect.TypeFor[latch.GateResult](),
	reflect.TypeFor[latch.Record](), reflect.TypeFor[latch.Status](), reflect.TypeFor[latch.HistoryQuery](),
	reflect.TypeFor[latch.LockRelease](), reflect.TypeFor[latch.RecordUpdate](), reflect.TypeFor[latch.Skip](),
	reflect.TypeFor[latch.StepRetry](), reflect.TypeFor[latch.Control](), reflect.TypeFor[latch.Close](),
	reflect.TypeFor[latch.LockExtension](), reflect.TypeFor[latch.LockEvent](), reflect.TypeFor[latch.Extension](),
	reflect.TypeFor[latch.Escalated](),
	reflect.TypeFor[latch.AuditEntry](),
}

// shape returns the JSON keys of a type in answers, in order, with those of
// nested objects. Optional keys have a question mark.
func shape(of string) (string, error) {
	for _, answer := range answers {
		if answer.Name() == of {
			return "```text\n" + wrapped(objectShape(answer)) + "\n```", nil
		}
	}
	return "", fmt.Errorf("shape: no answer is named %q; add it to internal/docgen/shapes.go", of)
}

func objectShape(of reflect.Type) string {
	var keys []string
	for _, field := range reflect.VisibleFields(of) {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		key := `"` + name + `"`
		if strings.Contains(options, "omit") {
			key += "?"
		}
		keys = append(keys, key+valueShape(of, field.Type))
	}
	return "{" + strings.Join(keys, ", ") + "}"
}

// valueShape returns the text after a key for a value of type of, or "" for a
// plain value. A type with a shape of its own, or nested in itself, is shown by
// its name.
func valueShape(within, of reflect.Type) string {
	if of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	switch {
	case of.Kind() == reflect.Slice && of.Elem().Kind() == reflect.Struct:
		return ": [" + strings.TrimPrefix(valueShape(within, of.Elem()), ": ") + "…]"
	case of.Kind() == reflect.Slice && of != reflect.TypeFor[json.RawMessage]():
		return ": […]"
	case of.Kind() == reflect.Map:
		return ": {…}"
	case of.Kind() != reflect.Struct || of == reflect.TypeFor[latch.Time]():
		return ""
	case of == within || isAnswer(of):
		return ": " + of.Name()
	default:
		return ": " + objectShape(of)
	}
}

func isAnswer(of reflect.Type) bool {
	for _, answer := range answers {
		if answer == of {
			return true
		}
	}
	return false
}

// wrapped breaks a shape between keys into lines of about 100 characters.
func wrapped(text string) string {
	const width = 100
	var b strings.Builder
	length := 0
	for i, key := range strings.Split(text, ", ") {
		switch {
		case i == 0:
		case length+len(key) > width:
			b.WriteString(",\n ")
			length = 0
		default:
			b.WriteString(", ")
		}
		b.WriteString(key)
		length += len(key) + len(", ")
	}
	return b.String()
}
