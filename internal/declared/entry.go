package declared

import (
	"encoding/json"
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/urlmask"
)

// An entry says of a kind that the registry keeps in one list, such as webhooks,
// how it is read and compared.
type entry[T any] struct {
	decode   func([]byte) (*T, error)
	warnings func(*T) []latch.Problem
	id       func(*T) string
	owner    func(*T) *string
	// clean leaves out what nobody declares, of a copy.
	clean func(*T)
}

var webhookEntry = entry[latch.RegisteredWebhook]{
	decode:   admission.DecodeRegisteredWebhook,
	warnings: admission.RegisteredWebhookWarnings,
	id:       func(w *latch.RegisteredWebhook) string { return w.ID },
	owner:    func(w *latch.RegisteredWebhook) *string { return &w.ManagedBy },
	clean: func(w *latch.RegisteredWebhook) {
		w.CreatedAt, w.UpdatedAt, w.Endpoint = latch.Time{}, latch.Time{}, nil
	},
}

// A watch's task queue is that of where it began.
var watchEntry = entry[latch.RegisteredWatch]{
	decode:   admission.DecodeWatch,
	warnings: func(w *latch.RegisteredWatch) []latch.Problem { return admission.WatchWarnings(&w.Watch) },
	id:       func(w *latch.RegisteredWatch) string { return w.ID },
	owner:    func(w *latch.RegisteredWatch) *string { return &w.ManagedBy },
	clean: func(w *latch.RegisteredWatch) {
		w.CreatedAt, w.UpdatedAt, w.TaskQueue = latch.Time{}, latch.Time{}, ""
	},
}

// read reads a document, which has no key beside the thing's own.
func (e entry[T]) read(item *Item, problems *latch.Problems, rest []byte) (*T, []latch.Problem) {
	declared, err := e.decode(rest)
	add(problems, err)
	*problems = withoutHidden(*problems)
	item.ID = e.id(declared)
	if *e.owner(declared) != "" {
		problems.Addf(keyManagedBy, "is what --owner says; leave it out")
	}
	if len(*problems) > 0 {
		return declared, nil
	}
	return declared, e.warnings(declared)
}

// compare compares what is declared with those that are registered. It returns
// what is to be registered, and whose the registered one is.
func (e entry[T]) compare(m *maker, change *Change, registered []T, declared *T) (wanted *T, owner string) {
	at := slices.IndexFunc(registered, func(each T) bool { return e.id(&each) == change.ID })
	var before T
	if at >= 0 {
		before = registered[at]
	}
	declared, problems := e.restore(declared, before)
	m.problems = append(m.problems, change.item.located(problems)...)
	copied := *declared
	wanted, owner = &copied, *e.owner(&before)
	*e.owner(wanted) = owner
	if at < 0 || m.TakeOver || len(e.changes(before, *wanted)) > 0 {
		*e.owner(wanted) = m.Owner
	}
	if at >= 0 {
		change.set(e.changes(before, *wanted))
	}
	return wanted, owner
}

// restore puts back what stands as ***, and validates the result. What cannot be
// restored is a problem.
func (e entry[T]) restore(declared *T, before T) (restored *T, problems latch.Problems) {
	encoded := rawjson.Encode(declared)
	if !urlmask.IsHidden(encoded) {
		return declared, nil
	}
	restored, err := e.decode(urlmask.Restore(encoded, rawjson.Encode(before)))
	add(&problems, err)
	return restored, problems
}

// changes is [JobChanges] for an entry.
func (e entry[T]) changes(before, after T) []FieldChange {
	return changesOf(e.fields(before), e.fields(after))
}

func (e entry[T]) fields(declared T) map[string]json.RawMessage {
	e.clean(&declared)
	fields := map[string]json.RawMessage{}
	addFields(fields, "", rawjson.Encode(declared))
	return fields
}
