package console

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/invopop/jsonschema"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/console/piece"
	"github.com/latch-run/latch/internal/schema"
)

// A hookKey is a key of a webhook, or of one of its events, that has a form
// field. The value of one whose kind is code is JSON, which may be written as
// YAML.
type hookKey struct {
	name, label, help, kind string
	options                 []string
	// registered is true for keys that jobs' webhooks do not have.
	registered bool
	// unset is true for a check that writes false where it is checked.
	unset bool
	// numeric is true for a key whose value is a number.
	numeric bool
}

// A hookObject is a key of a webhook whose value is an object, each key of which has a form
// field. Those fields are named <name>.<key>.
type hookObject struct {
	name, legend string
	// definition is the name of the object's schema.
	definition string
	// instead is true for what a webhook does instead of a request.
	instead bool
	keys    []hookKey
}

var decisions = []string{"", latch.Continue, latch.Stop, latch.Rollback}

// ownKeys are the keys of a webhook that the form describes in its own words. They come first
// among those that are folded away.
var ownKeys = []hookKey{
	{name: "secret", label: "Secret", help: "The name of the secret that requests are signed with. Workers hold its value."},
	{name: "timeout", label: "Timeout", help: "How long to wait for an answer, such as 30s; 60s unless given"},
	{name: "rate", label: "Rate", help: "How many attempts go out at most, across all workers, such as 20/s or 300/m"},
	{name: "ordered", label: "Ordered: send each delivery of a run only once the one before is settled", kind: piece.KindCheck},
	{name: "when", label: "Applies when", help: "An expression; runs for which it is false leave the webhook out", registered: true},
	{name: "enforced", label: "Enforced: no run may bring a webhook of its own under this id", kind: piece.KindCheck, registered: true},
	{name: "skip_groups", label: "Skip groups", kind: piece.KindCode, registered: true,
		help: `Whose members alone may skip hooks of an enforced webhook, as ["release-managers"]`},
	{name: "health", label: "Health", kind: piece.KindCode, registered: true,
		help: `When its endpoint counts as failing, as {"warn_at": [5, 20], "disable_after": "1h", "probe": "1h"}`},
}

// hookKeys returns the keys of a webhook that have a field of their own and are folded away at
// first: [ownKeys], and all others as the schema describes them.
var hookKeys = sync.OnceValue(func() []hookKey {
	keys := slices.Clone(ownKeys)
	for _, key := range schemaKeys("RegisteredWebhook", "") {
		has := func(other hookKey) bool { return other.name == key.name }
		isObject := slices.ContainsFunc(objectNames, func(object hookObject) bool { return object.name == key.name })
		if !isObject && !slices.Contains(plainKeys, key.name) && !slices.ContainsFunc(ownKeys, has) {
			keys = append(keys, key)
		}
	}
	return keys
})

// objectNames are the keys whose objects have a group of fields each.
var objectNames = []hookObject{
	{name: latch.WorkActivity, definition: "ActivityTask", instead: true, legend: "Activity, instead of a request"},
	{name: latch.WorkWorkflow, definition: "WorkflowTask", instead: true, legend: "Child workflow, instead of a request"},
	{name: latch.WorkNexus, definition: "NexusTask", instead: true, legend: "Nexus operation, instead of a request"},
	{name: "analysis", definition: "Analysis", instead: true, legend: "Analysis: measure again and again, instead of a request"},
	{name: "poll", definition: "Poll", legend: "Poll: ask again until the answer is final"},
	{name: "retry", definition: "Retry", legend: "Retry"},
}

// hookObjects returns the keys whose objects have fields, as the schema describes them.
var hookObjects = sync.OnceValue(func() []hookObject {
	objects := slices.Clone(objectNames)
	for i := range objects {
		title := strings.ToUpper(objects[i].name[:1]) + objects[i].name[1:]
		objects[i].keys = schemaKeys(objects[i].definition, title+": ")
	}
	return objects
})

// schemaOf is the schema that describes webhooks.
var schemaOf = sync.OnceValue(func() *jsonschema.Schema {
	of, err := schema.Of("webhook")
	if err != nil {
		panic(err) // there is one of webhooks
	}
	return of
})

// schemaKeys returns the keys of a definition of the schema, with their labels after a text.
func schemaKeys(definition, before string) []hookKey {
	var keys []hookKey
	properties := schemaOf().Definitions[definition].Properties
	for pair := properties.Oldest(); pair != nil; pair = pair.Next() {
		keys = append(keys, schemaKey(pair.Key, before, pair.Value))
	}
	return keys
}

// schemaKey returns the field of a key by its schema. What is neither a text nor a number nor
// yes or no is written as JSON.
func schemaKey(name, before string, of *jsonschema.Schema) hookKey {
	label := strings.ReplaceAll(name, "_", " ")
	if before == "" {
		label = strings.ToUpper(label[:1]) + label[1:]
	}
	key := hookKey{name: name, label: before + label, help: of.Description}
	switch {
	case of.Enum != nil:
		key.kind, key.options = piece.KindSelect, []string{""}
		for _, value := range of.Enum {
			key.options = append(key.options, fmt.Sprint(value))
		}
	case of.Type == "boolean":
		key.kind, key.unset = piece.KindCheck, of.Default == true
		if key.unset {
			key.label = "Not: " + strings.ToLower(label)
		}
		return key
	case of.Type == "integer", of.Type == "number":
		key.numeric = true
	case of.Type != "string" && name != "id":
		key.kind = piece.KindCode
	}
	if of.Default != nil {
		key.help = strings.TrimSuffix(key.help, ".") + fmt.Sprintf("; %v unless given", of.Default)
	}
	return key
}
