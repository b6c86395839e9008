package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/latch-run/latch/internal/schema"
)

// keys returns a table for each of the named structures, separated by commas:
// the keys, their types with limits, their defaults and their meanings, from
// the JSON Schemas.
func keys(of string) (string, error) {
	var b strings.Builder
	for name := range strings.SplitSeq(of, ", ") {
		structure, err := structureOf(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "**%s.** %s\n\n", name, structure.Description)
		object := objectOf(structure)
		t := newTable("key", "type", "default", "what")
		for pair := object.Properties.Oldest(); pair != nil; pair = pair.Next() {
			t.row(code(pair.Key), typeOf(pair.Value), defaultOf(object, pair.Key), pair.Value.Description)
		}
		b.WriteString(t.String() + "\n" + bounds(object))
	}
	return b.String(), nil
}

// structureOf returns a structure of the schemas by name.
func structureOf(name string) (*jsonschema.Schema, error) {
	for _, file := range schema.Names {
		whole, err := schema.Of(file)
		if err != nil {
			return nil, err
		}
		if structure := whole.Definitions[name]; structure != nil {
			return structure, nil
		}
	}
	return nil, fmt.Errorf("keys: no JSON Schema has the structure %q", name)
}

// objectOf returns the object form of a structure that has another form too, as
// a schedule may be a string.
func objectOf(structure *jsonschema.Schema) *jsonschema.Schema {
	for _, choice := range structure.AnyOf {
		if choice.Properties != nil {
			return choice
		}
	}
	return structure
}

// namedPatterns names the patterns of strings, each given by a key that has it.
var namedPatterns = []struct{ structure, key, is string }{
	{"Retry", "deadline", "duration"},
	{"Webhook", "secret", "name of a secret"},
	{"Webhook", "event", "event"},
	{"Webhook", "content_type", "media type"},
}

// typeOf returns the type of a key, with its limits.
func typeOf(s *jsonschema.Schema) string {
	switch {
	case s.Ref != "":
		return nameOf(s.Ref)
	case s.Enum != nil:
		return choices(s.Enum)
	case s.Const != nil:
		return literal(s.Const)
	case s.AnyOf != nil:
		return anyOf(s.AnyOf)
	case s.Type == "array":
		return "list of " + span(s) + typeOf(s.Items)
	case s.Type == "object":
		return object(s)
	case s.Type == "string":
		return text(s)
	case s.Type == "":
		return "any JSON"
	default:
		return s.Type + numbers(s)
	}
}

// nameOf returns the name of the structure that a reference points to.
func nameOf(reference string) string { return reference[strings.LastIndex(reference, "/")+1:] }

func anyOf(alternatives []*jsonschema.Schema) string {
	var types []string
	for _, each := range alternatives {
		types = append(types, typeOf(each))
	}
	return strings.Join(slices.Compact(types), " or ")
}

func choices(values []any) string {
	var texts []string
	for _, value := range values {
		texts = append(texts, literal(value))
	}
	return strings.Join(texts, ", ")
}

// literal returns a value as JSON, a string without quotes.
func literal(value any) string {
	if text, is := value.(string); is {
		return code(text)
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return code(fmt.Sprint(value))
	}
	return code(string(encoded))
}

// span returns the limits of a list's length.
func span(s *jsonschema.Schema) string {
	switch {
	case s.MinItems != nil && s.MaxItems != nil:
		return fmt.Sprintf("%d to %d × ", *s.MinItems, *s.MaxItems)
	case s.MaxItems != nil:
		return fmt.Sprintf("at most %d × ", *s.MaxItems)
	case s.MinItems != nil:
		return fmt.Sprintf("at least %d × ", *s.MinItems)
	default:
		return ""
	}
}

func object(s *jsonschema.Schema) string {
	if s.Properties == nil {
		if s.AdditionalProperties != nil && s.AdditionalProperties.Type != "" {
			return "object of " + typeOf(s.AdditionalProperties)
		}
		return "object"
	}
	var pairs []string
	for pair := s.Properties.Oldest(); pair != nil; pair = pair.Next() {
		pairs = append(pairs, code(pair.Key)+": "+typeOf(pair.Value))
	}
	return "{" + strings.Join(pairs, "; ") + "}"
}

func text(s *jsonschema.Schema) string {
	for _, each := range namedPatterns {
		structure, err := structureOf(each.structure)
		if err != nil {
			continue
		}
		if named, found := structure.Properties.Get(each.key); found && named.Pattern == s.Pattern {
			return each.is
		}
	}
	if s.Pattern != "" {
		return "text that matches " + code(s.Pattern)
	}
	return "text"
}

// numbers returns the limits of a number.
func numbers(s *jsonschema.Schema) string {
	switch {
	case s.Minimum != "" && s.Maximum != "":
		return fmt.Sprintf(" from %s to %s", s.Minimum, s.Maximum)
	case s.Minimum != "":
		return fmt.Sprintf(", at least %s", s.Minimum)
	case s.Maximum != "":
		return fmt.Sprintf(", at most %s", s.Maximum)
	default:
		return ""
	}
}

func defaultOf(object *jsonschema.Schema, key string) string {
	if slices.Contains(object.Required, key) {
		return "required"
	}
	if value, _ := object.Properties.Get(key); value.Default != nil {
		return literal(value.Default)
	}
	return ""
}

// bounds returns the constraints on several keys of an object together.
func bounds(object *jsonschema.Schema) string {
	var lines []string
	var alternatives []string
	for _, each := range object.OneOf {
		alternatives = append(alternatives, code(strings.Join(each.Required, "` with `")))
	}
	if len(alternatives) > 0 {
		lines = append(lines, "Exactly one of "+strings.Join(alternatives, ", ")+" is required.")
	}
	if object.MinProperties != nil {
		lines = append(lines, fmt.Sprintf("It has at least %d key.", *object.MinProperties))
	}
	for pair := object.Properties.Oldest(); pair != nil; pair = pair.Next() {
		if needs := object.DependentRequired[pair.Key]; needs != nil {
			lines = append(lines, fmt.Sprintf("%s needs %s.", code(pair.Key), code(strings.Join(needs, "`, `"))))
		}
	}
	if lines == nil {
		return ""
	}
	return strings.Join(lines, " ") + "\n\n"
}
