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

// A Kind is what a file describes.
type Kind = latch.Kind

// The kinds that stand in files.
const (
	Job      = latch.JobKind
	Release  = latch.ReleaseKind
	Emission = latch.EmissionKind
	Gate     = latch.GateKind
	Webhook  = latch.WebhookKind
	Rules    = latch.RulesKind
)

// Kinds are all of them.
var Kinds = []Kind{Job, Release, Emission, Gate, Webhook, Rules}

// ErrUnknownKind reports that a file's keys do not show what it describes.
var ErrUnknownKind = errors.New("cannot tell what this describes: a release has steps, a job has a task or jobs, an emission has an event, a webhook has a url or events")

// keyWebhooks holds the webhooks of a run, or a list of those that stand by
// themselves.
const keyWebhooks = "webhooks"

// A sign is a key by which one knows what a file describes.
type sign struct {
	key  string
	kind Kind
}

// signs are looked for group by group: what a kind cannot do without, what only
// webhooks have, what webhooks and emissions have, and what hints at a kind that
// lacks the first.
var signs = [][]sign{
	{{"steps", Release}, {"task", Job}, {"jobs", Job}, {"url", Webhook}, {"url_secret", Webhook}, {"events", Webhook}, {"tests", Rules}},
	{{"method", Webhook}, {"content_type", Webhook}, {"header_secrets", Webhook}, {"preset", Webhook}, {"cloudevents", Webhook}, {"enforced", Webhook}},
	{{"deadline", Gate}, {"on_deadline", Gate}},
	{{"event", Emission}},
	{{"on_failure", Release}, {"on_cancel", Release}, {"fail_on", Release}, {"schedule", Job}, {"retry", Job}, {"delay", Job}, {"timeout", Job}},
}

// KindOf returns what the JSON describes, by its keys. Mistyped keys count if no
// correct one decides; strict decoding then names them. The error is
// [ErrUnknownKind], or says that the text is not a JSON object.
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

// known are keys of one kind or another that look like a sign and are none.
var known = []string{"event", "tags", "data", "id", "title", "vars", "instance", keyWebhooks, "body", "headers", "secret", "auth", "tls", "when"}

// mistyped returns the kind of the first sign that a key was meant to be.
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

// Listed returns the webhooks of a list as the API shows it, an object with
// nothing but "webhooks", each with its place in the file; or else the document
// alone.
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
