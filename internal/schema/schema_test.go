package schema_test

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/fields"
	"github.com/latch-run/latch/internal/schema"
	"github.com/latch-run/latch/internal/spec"
)

// object is a schema, or any JSON object, as maps.
type object = map[string]any

func load(t *testing.T, name string) object {
	t.Helper()
	made, err := schema.Of(name)
	require.NoError(t, err)
	encoded, err := json.Marshal(made)
	require.NoError(t, err)
	var decoded object
	require.NoError(t, json.Unmarshal(encoded, &decoded))
	require.Equal(t, "https://json-schema.org/draft/2020-12/schema", decoded["$schema"])
	return decoded
}

func definitions(root object) object { return root["$defs"].(object) }

// follow resolves a reference.
func follow(root, at object) object {
	if ref, is := at["$ref"].(string); is {
		return definitions(root)[strings.TrimPrefix(ref, "#/$defs/")].(object)
	}
	return at
}

// TestEveryKeyOfTheTypesIsInTheSchemaAndDescribed, and no other is allowed.
func TestEveryKeyOfTheTypesIsInTheSchemaAndDescribed(t *testing.T) {
	t.Parallel()
	structures := map[string]reflect.Type{}
	for _, structure := range []reflect.Type{reflect.TypeFor[latch.Job](), reflect.TypeFor[latch.Release](),
		reflect.TypeFor[latch.ParallelStep](), reflect.TypeFor[latch.Target](),
		reflect.TypeFor[latch.Concurrency](),
		reflect.TypeFor[latch.Emission](), reflect.TypeFor[latch.Gate](), reflect.TypeFor[latch.Watch](), reflect.TypeFor[latch.Freeze](),
		reflect.TypeFor[latch.FreezeWindow](), reflect.TypeFor[latch.FreezeOverride](),
		reflect.TypeFor[latch.Step](), reflect.TypeFor[latch.Task](), reflect.TypeFor[latch.ActivityTask](),
		reflect.TypeFor[latch.WorkflowTask](), reflect.TypeFor[latch.NexusTask](), reflect.TypeFor[latch.Poll](),
		reflect.TypeFor[latch.Analysis](),
		reflect.TypeFor[latch.HTTPTask](), reflect.TypeFor[latch.CommandTask](), reflect.TypeFor[latch.Webhook](),
		reflect.TypeFor[latch.Event](), reflect.TypeFor[latch.Approval](), reflect.TypeFor[latch.Escalation](),
		reflect.TypeFor[latch.Auth](), reflect.TypeFor[latch.BasicAuth](), reflect.TypeFor[latch.OAuth2](),
		reflect.TypeFor[latch.RegisteredWebhook](), reflect.TypeFor[latch.Health](), reflect.TypeFor[latch.TLS](), reflect.TypeFor[latch.Redaction](),
		reflect.TypeFor[latch.Retry](), reflect.TypeFor[latch.Schedule]()} {
		structures[structure.Name()] = structure
	}
	for _, name := range schema.Names {
		for definition, value := range definitions(load(t, name)) {
			structure, known := structures[definition]
			require.True(t, known, definition)
			entry := value.(object)
			require.NotEmpty(t, entry["description"], definition)
			if alternatives, is := entry["anyOf"].([]any); is { // a schedule, which may be a string
				entry = alternatives[1].(object)
			}
			require.Equal(t, false, entry["additionalProperties"], definition)
			properties := entry["properties"].(object)
			keys := 0
			for _, field := range reflect.VisibleFields(structure) {
				key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
				switch {
				case field.Anonymous, key == "-": // its keys are the structure's own, or it is part of another key
					continue
				case structure == reflect.TypeFor[latch.RegisteredWebhook]() && slices.Contains(shownOnly, key):
					require.NotContains(t, properties, key, "a file has none")
					continue
				}
				keys++
				require.Contains(t, properties, key, definition)
				property := properties[key].(object)
				require.NotEmpty(t, property["description"], "%s.%s", definition, key)
				if said, _ := fields.TagOf(field); said.ID {
					require.Len(t, property["anyOf"], 2, "%s.%s is a string or a number", definition, key)
				}
			}
			require.Len(t, properties, keys, definition)
		}
	}
}

// shownOnly are the keys that Latch adds to a registered webhook.
var shownOnly = []string{"endpoint", "managed_by", "created_at", "updated_at"}

// TestTheSchemaOfAWebhookHasItsHealth: it bounds what validation bounds, and names the defaults.
func TestTheSchemaOfAWebhookHasItsHealth(t *testing.T) {
	t.Parallel()
	root := load(t, "webhook")
	const webhook = `{"id":"w","url":"https://example.com/","event":"JOB_FAILURE","when":"true","enforced":true,"skip_groups":["sre"],
		"health":{"warn_at":[5,20],"disable_after":"72h","probe":"1h"}}`
	require.Empty(t, validate("webhook", []byte(webhook)))
	var value any
	require.NoError(t, json.Unmarshal([]byte(webhook), &value))
	conforms(t, root, root, value, "webhook")
	health := definitions(root)["Health"].(object)["properties"].(object)
	warnings := health["warn_at"].(object)
	require.Equal(t, []any{5.0, 20.0}, warnings["default"])
	require.Equal(t, 1.0, warnings["items"].(object)["minimum"])
	require.Equal(t, 10.0, warnings["maxItems"])
	require.Equal(t, "0s", health["disable_after"].(object)["default"])
	require.Equal(t, "1h", health["probe"].(object)["default"])
	for _, key := range []string{"disable_after", "probe"} {
		require.NotEmpty(t, health[key].(object)["pattern"], key)
	}
}

// complete holds a value for every structure, as small as validation admits.
var complete = map[string]string{
	"job": `{"id":"1",
		"task":{"http":{"url":"https://example.com/","tls":{"ca":"ca"},
			"auth":{"oauth2":{"token_url":"https://example.com/","client_id":"a","client_secret":"b"}}}}}`,
	"release": `{"id":"1",
		"steps":[
			{"name":"a","do":{"activity":{"type":"A"}},"undo":{"workflow":{"type":"W"}}},
			{"name":"b","do":{"command":{"argv":["true"]}}}],
		"webhooks":[{"id":"w","url":"https://example.com/","auth":{"basic":{"username":"a","password":"b"}},
			"events":[{"event":"BEFORE_RELEASE"}]}]}`,
	"emission": `{"event":"CREATED"}`,
	"gate":     `{"event":"DEPLOY"}`,
	"webhook":  `{"id":"w","url":"https://example.com/","event":"JOB_FAILURE","health":{"warn_at":[3]}}`,
	"freeze":   `{"id":"1","windows":[{"start":"0 18 20 12 *","end":"0 8 3 1 *"}]}`,
}

// TestWhatTheSchemaRequiresValidationRequires: a value with only the required keys is admitted,
// and without any one of them refused.
func TestWhatTheSchemaRequiresValidationRequires(t *testing.T) {
	t.Parallel()
	for name, input := range complete {
		root := load(t, name)
		require.Empty(t, validate(name, []byte(input)), name)
		var value any
		require.NoError(t, json.Unmarshal([]byte(input), &value))
		dropped := 0
		eachRequired(t, root, root, value, func(holder object, key string) {
			kept := holder[key]
			delete(holder, key)
			without, err := json.Marshal(value)
			require.NoError(t, err)
			require.NotEmpty(t, validate(name, without), "%s without %s: %s", name, key, without)
			holder[key] = kept
			dropped++
		})
		require.Positive(t, dropped, name)
	}
}

func validate(name string, data []byte) string {
	var err error
	switch name {
	case "job":
		_, err = admission.DecodeJob(data)
	case "release":
		_, err = admission.DecodeRelease(data)
	case "gate":
		_, err = admission.DecodeGate(data)
	case "watch":
		_, err = admission.DecodeWatch(data)
	case "freeze":
		_, err = admission.DecodeFreeze(data)
	case "webhook":
		_, err = admission.DecodeRegisteredWebhook(data)
	default:
		_, err = admission.DecodeEmission(data)
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// eachRequired walks value along its schema and calls do for each key that is
// required of it.
func eachRequired(t *testing.T, root, at object, value any, do func(holder object, key string)) {
	t.Helper()
	at = follow(root, at)
	switch v := value.(type) {
	case object:
		if required, is := at["required"].([]any); is {
			for _, key := range required {
				require.Contains(t, v, key)
				do(v, key.(string))
			}
		}
		properties, _ := at["properties"].(object)
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if property, is := properties[key].(object); is {
				eachRequired(t, root, property, v[key], do)
			}
		}
	case []any:
		if items, is := at["items"].(object); is {
			for _, element := range v {
				eachRequired(t, root, items, element, do)
			}
		}
	}
}

// TestTheExamplesConform: the names of their keys are known, and the required keys are present.
func TestTheExamplesConform(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../examples/*.*")
	require.NoError(t, err)
	checked := 0
	for _, file := range files {
		if !slices.Contains([]string{".json", ".yaml"}, filepath.Ext(file)) {
			continue
		}
		documents, err := spec.ReadAll(file, nil)
		require.NoError(t, err, file)
		for _, document := range documents {
			kind, err := spec.KindOf(document.Data)
			require.NoError(t, err, file)
			if kind == spec.Rules { // which no run is started with
				continue
			}
			var value any
			require.NoError(t, json.Unmarshal(document.Data, &value), file)
			root := load(t, string(kind))
			conforms(t, root, root, value, filepath.Base(file)+document.Place)
			checked++
		}
	}
	require.GreaterOrEqual(t, checked, 6)
}

// conforms holds objects to the keys of their schema, and lists to their items.
func conforms(t *testing.T, root, at object, value any, path string) {
	t.Helper()
	at = follow(root, at)
	if alternatives, is := at["anyOf"].([]any); is {
		for _, alternative := range alternatives {
			candidate := follow(root, alternative.(object))
			if _, isObject := value.(object); isObject == (candidate["type"] == "object") {
				at = candidate
			}
		}
	}
	switch v := value.(type) {
	case object:
		properties, known := at["properties"].(object)
		for key, element := range v {
			if !known {
				continue // any object
			}
			require.Contains(t, properties, key, path)
			conforms(t, root, properties[key].(object), element, path+"."+key)
		}
		required, _ := at["required"].([]any)
		for _, key := range required {
			require.Contains(t, v, key, path)
		}
	case []any:
		if items, is := at["items"].(object); is {
			for _, element := range v {
				conforms(t, root, items, element, path+"[]")
			}
		}
	case string:
		if values, is := at["enum"].([]any); is {
			require.Contains(t, values, v, path)
		}
	}
}

func TestThereIsNoSchemaOfAnythingElse(t *testing.T) {
	t.Parallel()
	_, err := schema.Of("record")
	require.EqualError(t, err, `there is no schema of "record"; there is one of job, release, webhook, emission, gate, watch, freeze`)
}
