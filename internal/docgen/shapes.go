package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/latch-run/latch"
)

// answers are the types that runs answer with, and those of the messages to them,
// none of which has a JSON Schema.
var answers = []reflect.Type{
	reflect.TypeFor[latch.JobResult](), reflect.TypeFor[latch.ReleaseResult](), reflect.TypeFor[latch.EmissionResult](), reflect.TypeFor[latch.GateResult](),
	reflect.TypeFor[latch.Record](), reflect.TypeFor[latch.Status](), reflect.TypeFor[latch.HistoryQuery](),
	reflect.TypeFor[latch.LockRelease](), reflect.TypeFor[latch.RecordUpdate](), reflect.TypeFor[latch.Skip](), reflect.TypeFor[latch.Control](), reflect.TypeFor[latch.Close](),
}

// shape returns the keys of the JSON of one of answers, in their order, with those
// of the objects within it. A key that may be absent has a question mark.
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

// valueShape returns what follows a key of a structure, "" for a plain value. A
// structure with a shape of its own, and one within itself, stands there by its name.
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

// wrapped breaks a shape between keys into lines of some 100 characters.
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
