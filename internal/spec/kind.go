package spec

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/typo"
)

// A Kind is the kind of thing that a file describes.
type Kind = latch.Kind

// Kinds that files may describe.
const (
	Job      = latch.JobKind
	Release  = latch.ReleaseKind
	Emission = latch.EmissionKind
	Gate     = latch.GateKind
	Webhook  = latch.WebhookKind
	Watch    = latch.WatchKind
	Freeze   = latch.FreezeKind
	Rules    = latch.RulesKind
)

// Kinds lists all kinds that files may describe.
var Kinds = []Kind{Job, Release, Emission, Gate, Webhook, Watch, Freeze, Rules}

// ErrUnknownKind says that the keys of a file do not show what it describes.
var ErrUnknownKind = errors.New("cannot tell what this describes: a release has steps, a job has a task or jobs, an emission has an " +
	"event, a webhook has a url or events, a watch has a query, a freeze has windows")

// keyWebhooks holds the webhooks of a run, or a list of registered webhooks.
const keyWebhooks = "webhooks"

// A sign is a key that shows what a file describes.
type sign struct {
	key  string
	kind Kind
}

// signs are searched group by group: the keys that a kind requires, those of
// webhooks only, those of webhooks and emissions, and those that suggest a kind
// whose required key is missing.
var signs = [][]sign{
	{{"steps", Release}, {"task", Job}, {"jobs", Job}, {"url", Webhook}, {"url_secret", Webhook}, {"events", Webhook},
		{"query", Watch}, {"windows", Freeze}, {"tests", Rules}},
	{{"method", Webhook}, {"content_type", Webhook}, {"header_secrets", Webhook}, {"preset", Webhook}, {"cloudevents", Webhook}, {"enforced", Webhook}},
	{{"deadline", Gate}, {"on_deadline", Gate}},
	{{"event", Emission}},
	{{"on_failure", Release}, {"on_cancel", Release}, {"fail_on", Release}, {"targets", Release},
		{"concurrency", Release}, {"at_once", Release}, {"schedule", Job}, {"retry", Job}, {"delay", Job}, {"timeout", Job}},
}

// KindOf returns the kind that the JSON describes, by its keys. If no correct
// key decides, it also considers mistyped ones, which strict decoding then
// reports. The error is [ErrUnknownKind], or says that the text is not a JSON
// object.
func KindOf(data []byte) (Kind, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(data, &keys); err != nil {
		return "", err
	}
	given := slices.Sorted(maps.Keys(keys))
	for _, signs := range signs {
		for _, sign := range signs {
			if _, has := keys[sign.key]; has {
				return sign.kind, nil
			}
		}
		if kind := mistyped(given, signs); kind != "" {
			return kind, nil
		}
	}
	return "", ErrUnknownKind
}

// known are keys of some kind that resemble a sign but are not one.
var known = []string{"event", "tags", "data", "id", "title", "vars", "instance", keyWebhooks, "body", "headers", "secret", "auth", "tls", "when"}

// mistyped returns the kind of the first sign for which a key was probably
// meant.
func mistyped(keys []string, signs []sign) Kind {
	var names []string
	for _, sign := range signs {
		names = append(names, sign.key)
	}
	names = append(names, known...)
	for _, sign := range signs {
		for _, key := range keys {
			if !slices.Contains(names, key) && typo.Meant(key, names) == sign.key {
				return sign.kind
			}
		}
	}
	return ""
}

// Listed returns the webhooks of a list in the API's format, an object whose
// only key is "webhooks", each with its place in the file. It returns any other
// document unchanged.
func Listed(document Document) []Document {
	var keys map[string]json.RawMessage
	var elements []json.RawMessage
	if json.Unmarshal(document.Data, &keys) != nil || len(keys) != 1 || json.Unmarshal(keys[keyWebhooks], &elements) != nil || len(elements) == 0 {
		return []Document{document}
	}
	listed := make([]Document, len(elements))
	for i, element := range elements {
		listed[i] = Document{element, fmt.Sprintf("%s[%d]", joinPlace(document.Place, keyWebhooks), i)}
	}
	return listed
}

func joinPlace(place, path string) string {
	number, inner := splitPlace(place)
	if inner == place {
		return joinPath(place, path)
	}
	return fmt.Sprintf("document %d %s", number+1, joinPath(inner, path))
}
