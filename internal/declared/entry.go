package declared

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/urlmask"
)

// An entry defines how a kind is decoded and compared that the registry keeps in one list, such
// as webhooks.
type entry[T any] struct {
	decode   func([]byte) (*T, error)
	warnings func(*T) []latch.Problem
	id       func(*T) string
	owner    func(*T) *string
	// clean removes from a copy the fields that nobody declares.
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

// A watch's task queue is that of whoever registered it.
var watchEntry = entry[latch.RegisteredWatch]{
	decode:   admission.DecodeWatch,
	warnings: func(w *latch.RegisteredWatch) []latch.Problem { return admission.WatchWarnings(&w.Watch) },
	id:       func(w *latch.RegisteredWatch) string { return w.ID },
	owner:    func(w *latch.RegisteredWatch) *string { return &w.ManagedBy },
	clean: func(w *latch.RegisteredWatch) {
		w.CreatedAt, w.UpdatedAt, w.TaskQueue = latch.Time{}, latch.Time{}, ""
	},
}

// freezeEntry is of freezes at a time, on which their warnings depend.
func freezeEntry(now time.Time) entry[latch.RegisteredFreeze] {
	return entry[latch.RegisteredFreeze]{
		decode:   admission.DecodeFreeze,
		warnings: func(f *latch.RegisteredFreeze) []latch.Problem { return admission.FreezeWarnings(&f.Freeze, now) },
		id:       func(f *latch.RegisteredFreeze) string { return f.ID },
		owner:    func(f *latch.RegisteredFreeze) *string { return &f.ManagedBy },
		clean: func(f *latch.RegisteredFreeze) {
			f.CreatedAt, f.UpdatedAt, f.State = latch.Time{}, latch.Time{}, nil
		},
	}
}

// read decodes a document without additional keys.
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

// compare compares a declared entry with the registered ones. It returns the entry to register,
// and the owner of the registered one.
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

// restore replaces *** by the registered values, and validates the result. A value that cannot
// be restored is a problem.
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
