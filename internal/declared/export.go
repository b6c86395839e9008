package declared

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/urlmask"
)

// A Document declares one registered entry.
type Document struct {
	Kind Kind
	ID   string
	// JSON is the document, with *** in place of credentials.
	JSON json.RawMessage
	// Hidden reports that a credential was hidden.
	Hidden bool
}

func newDocument(kind Kind, id string, members object) Document {
	whole := append(object{{keyKind, rawjson.Encode(kind)}}, members...).encode()
	shown := urlmask.JSON(whole)
	return Document{kind, id, shown, urlmask.IsHidden(shown)}
}

// OfJob returns the document of a registered job. It omits the task queue if it is the given
// one, which apply uses by default.
func OfJob(definition *registry.Definition, queue string) Document {
	members := object{{"id", rawjson.Encode(definition.ID)}}
	if definition.Job != nil {
		members, _ = split(rawjson.Encode(definition.Job)) // a job is an object
	}
	beside := func(key string, value any, given bool) {
		if given {
			members = append(members, member{key, rawjson.Encode(value)})
		}
	}
	beside(keyCannotRun, definition.Lacks, definition.Job == nil)
	beside(keyTaskQueue, definition.TaskQueue, definition.TaskQueue != "" && definition.TaskQueue != queue)
	beside(keyPaused, true, definition.Paused)
	beside(keyExtras, sorted(definition.Extras), len(definition.Extras) > 0)
	return newDocument(Job, definition.ID, members)
}

// sorted returns keys in a fixed order, so that two exports of the same entry are equal.
func sorted(extras map[string]json.RawMessage) json.RawMessage {
	var members object
	for _, key := range slices.Sorted(maps.Keys(extras)) {
		members = append(members, member{key, extras[key]})
	}
	return members.encode()
}

// OfWebhook returns the document of a registered webhook.
func OfWebhook(webhook latch.RegisteredWebhook) Document {
	webhook.CreatedAt, webhook.UpdatedAt, webhook.Endpoint, webhook.ManagedBy = latch.Time{}, latch.Time{}, nil, ""
	members, _ := split(rawjson.Encode(webhook)) // a webhook is an object
	return newDocument(Webhook, webhook.ID, members)
}

// OfWatch returns the document of a watch.
func OfWatch(watch latch.RegisteredWatch) Document {
	members, _ := split(rawjson.Encode(watch.Watch)) // a watch is an object
	return newDocument(Watch, watch.ID, members)
}

// OfFreeze returns the document of a freeze.
func OfFreeze(freeze latch.RegisteredFreeze) Document {
	members, _ := split(rawjson.Encode(freeze.Freeze)) // a freeze is an object
	return newDocument(Freeze, freeze.ID, members)
}

// OfTag returns the document of a tag.
func OfTag(tag registry.Tag) Document {
	return newDocument(Tag, tag.Name, object{{"id", rawjson.Encode(tag.Name)}})
}
