package schema

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/fields"
	"github.com/latch-run/latch/internal/typo"
)

// Names are what there is a schema of, in the order of help texts.
var Names = []string{"job", "release", "webhook", "emission", "gate", "watch", "freeze"}

// Of returns the schema of one of [Names].
func Of(name string) (*jsonschema.Schema, error) {
	roots := map[string]any{"job": &latch.Job{}, "release": &latch.Release{}, "webhook": &latch.RegisteredWebhook{},
		"emission": &latch.Emission{}, "gate": &latch.Gate{}, "watch": &latch.Watch{}, "freeze": &latch.Freeze{}}
	root, known := roots[name]
	if !known {
		return nil, fmt.Errorf("there is no schema of %q; there is one of %s%s", name, strings.Join(Names, ", "), typo.Hint(name, Names))
	}
	reflector := &jsonschema.Reflector{Anonymous: true, Mapper: mapped}
	schema := reflector.Reflect(root)
	for definition, structure := range schema.Definitions {
		describe(definition, structure)
	}
	schema.Title = "Latch " + name
	return schema, nil
}

// durationPattern matches what time.ParseDuration accepts and validation
// allows.
const durationPattern = `^\+?(0|([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))*)$`

// mapped returns the schema of a type whose JSON differs from its fields.
func mapped(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[latch.Duration]():
		return &jsonschema.Schema{Type: "string", Pattern: durationPattern, Examples: []any{"90s", "4h"}}
	case reflect.TypeFor[latch.Object]():
		return &jsonschema.Schema{Type: "object"}
	case reflect.TypeFor[json.RawMessage]():
		return &jsonschema.Schema{}
	case reflect.TypeFor[latch.Time](), reflect.TypeFor[latch.EndpointState](): // no file has them: see writtenByLatch
		return &jsonschema.Schema{}
	case reflect.TypeFor[latch.RetrySchedule]():
		delays := &jsonschema.Schema{Type: "array", MinItems: one(), MaxItems: hundred(),
			Items: &jsonschema.Schema{Type: "string", Pattern: durationPattern, Examples: []any{"5s", "5m"}}}
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{delays, {Const: latch.ScheduleStandardWebhooks}}}
	case reflect.TypeFor[latch.StatusCode]():
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "integer", Minimum: "200", Maximum: "999"}, {Type: "string", Pattern: `^[2-9](xx|[0-9]{2})$`}}}
	case reflect.TypeFor[latch.SequenceJob]():
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Ref: "#/$defs/Job"}, {Type: "string", MinLength: one()}, {Type: "number"}}}
	default:
		return nil
	}
}

// identifier is the schema of an id: a string, or a number that is converted to
// its digits.
func identifier() *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "string", MinLength: one()}, {Type: "number"}}}
}

// leader is the schema of the job to run after, with the outcome.
func leader() *jsonschema.Schema {
	properties := jsonschema.NewProperties()
	properties.Set("job", identifier())
	properties.Set("on", &jsonschema.Schema{Type: "string", Enum: []any{latch.OnSuccess, latch.OnFailure, latch.OnAny}, Default: latch.OnAny})
	return &jsonschema.Schema{Type: "object", Properties: properties, Required: []string{"job"}, AdditionalProperties: jsonschema.FalseSchema}
}

func one() *uint64 {
	length := uint64(1)
	return &length
}

func two() *uint64 {
	length := uint64(2)
	return &length
}

func ten() *uint64 {
	length := uint64(10)
	return &length
}

func hundred() *uint64 {
	length := uint64(100)
	return &length
}

// registeredWebhook is the structure of a webhook's file. It has the keys of a webhook in a job as
// its own.
const registeredWebhook = "RegisteredWebhook"

// writtenByLatch are the keys that a structure is shown with, and that no file has.
var writtenByLatch = map[string][]string{registeredWebhook: {"endpoint", "managed_by", "created_at", "updated_at"}}

// fieldName returns the name by which a key is described.
func fieldName(definition, key string) string {
	name := definition + "." + key
	if _, own := goFields[name]; !own && definition == registeredWebhook {
		return "Webhook." + key
	}
	return name
}

// describe adds to a structure's schema what its Go type does not express.
func describe(definition string, structure *jsonschema.Schema) {
	if structure.Properties == nil {
		return
	}
	structure.Description = structures[definition]
	for _, key := range writtenByLatch[definition] {
		structure.Properties.Delete(key)
	}
	for pair := structure.Properties.Oldest(); pair != nil; pair = pair.Next() {
		name := fieldName(definition, pair.Key)
		field := goFields[name]
		tag, _ := fields.TagOf(field)
		if tag.ID {
			pair.Value = identifier()
		}
		if values := enumerations[name]; values != nil {
			pair.Value.Enum = values
		}
		if pattern := patterns[name]; pattern != "" {
			pair.Value.Pattern = pattern
		}
		if tag.Role.IsSecret() && field.Type.Kind() == reflect.String {
			pair.Value.Pattern = secretName
		}
		pair.Value.Default, _ = fields.DefaultOf(field)
		pair.Value.Description = described(field, tag.Role, meanings[name])
	}
	switch definition {
	case "Task":
		structure.OneOf = required("activity", "workflow", "http", "command")
	case "Job":
		structure.OneOf = required("task", "jobs")
	case "Webhook", registeredWebhook:
		structure.OneOf = required("event", "events")
	case "Health":
		warnings, _ := structure.Properties.Get("warn_at")
		warnings.Items.Minimum, warnings.MaxItems, warnings.UniqueItems = "1", ten(), true
		warnings.Default = new(latch.Health).Warnings()
	case "Event":
		remind, _ := structure.Properties.Get("remind")
		remind.MinItems, remind.MaxItems = one(), ten()
	case "Auth":
		structure.OneOf = required("bearer", "basic", "oauth2")
	case "Redaction":
		structure.MinProperties = one()
		for key, pattern := range map[string]string{"headers": headerName, "json": jsonPointer} {
			list, _ := structure.Properties.Get(key)
			list.Items.Pattern, list.MaxItems = pattern, hundred()
		}
	case "TLS":
		structure.MinProperties = one()
		structure.DependentRequired = map[string][]string{"client_cert": {"client_key"}, "client_key": {"client_cert"}}
	case "Schedule":
		after, _ := structure.Properties.Get("after")
		after.Type, after.AnyOf = "", append(identifier().AnyOf, leader())
		object := *structure
		object.OneOf, object.Description = required("cron", "after"), ""
		*structure = jsonschema.Schema{Description: structures[definition],
			AnyOf: []*jsonschema.Schema{{Type: "string", MinLength: one()}, &object}}
	case "Target":
		object := *structure
		object.Description = ""
		*structure = jsonschema.Schema{Description: structures[definition],
			AnyOf: []*jsonschema.Schema{{Type: "string", MinLength: one()}, &object}}
	case "Step":
		structure.OneOf = []*jsonschema.Schema{{Required: []string{"name", "do"}}, {Required: []string{"parallel"}}}
		parallel, _ := structure.Properties.Get("parallel")
		parallel.MinItems = two()
	case "Release":
		steps, _ := structure.Properties.Get("steps")
		steps.MinItems = one()
	}
}

// required returns one alternative for each key, which requires that key.
func required(keys ...string) []*jsonschema.Schema {
	var alternatives []*jsonschema.Schema
	for _, key := range keys {
		alternatives = append(alternatives, &jsonschema.Schema{Required: []string{key}})
	}
	return alternatives
}
