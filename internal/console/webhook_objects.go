package console

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/console/piece"
	"github.com/latch-run/latch/internal/rawjson"
)

// fieldIn returns the name of the form field for a key of an object.
func (o *hookObject) fieldIn(key hookKey) string { return o.name + "." + key.name }

// isUnused reports whether nothing was typed into the object's fields.
func (o *hookObject) isUnused(d *hookDraft) bool {
	return !slices.ContainsFunc(o.keys, func(key hookKey) bool { return d.Get(o.fieldIn(key)) != "" })
}

// objectOf returns the fields' object for a key and its value. It returns nil for a key without
// such fields, and for a value that they cannot hold, such as one with keys of a later version.
func objectOf(name string, value json.RawMessage) (*hookObject, latch.Object) {
	objects := hookObjects()
	at := slices.IndexFunc(objects, func(object hookObject) bool { return object.name == name })
	var values latch.Object
	if at < 0 || json.Unmarshal(value, &values) != nil || len(values) == 0 {
		return nil, nil
	}
	for key, value := range values {
		if isNothing(value) || !slices.ContainsFunc(objects[at].keys, func(known hookKey) bool { return known.name == key }) {
			return nil, nil
		}
	}
	return &objects[at], values
}

// putObject sets the fields of an object, and reports whether there are such.
func (d *hookDraft) putObject(name string, value json.RawMessage) bool {
	o, values := objectOf(name, value)
	if o == nil {
		return false
	}
	for _, key := range o.keys {
		d.putKey(key, o.fieldIn(key), values[key.name])
	}
	return true
}

// takeObjects adds the objects whose fields are used. One that stands among the other keys too is
// a problem.
func (d *hookDraft) takeObjects(object latch.Object, problems *latch.Problems) {
	objects := hookObjects()
	for i := range objects {
		o := &objects[i]
		if o.isUnused(d) {
			continue
		}
		if _, twice := object[o.name]; twice {
			problems.Addf("rest", "%q has fields of its own in this form, which are filled in", o.name)
			continue
		}
		values := latch.Object{}
		for _, key := range o.keys {
			d.takeKey(values, problems, key, o.fieldIn(key), o.fieldIn(key))
		}
		object[o.name] = rawjson.Encode(values)
		if o.instead {
			withoutDefaults(object)
		}
	}
}

// withoutDefaults takes away how a request is sent where the form has only what a new webhook
// begins with: a webhook that makes no request of its own refuses these keys.
func withoutDefaults(object latch.Object) {
	for key, unset := range map[string]string{"method": http.MethodPost, "content_type": latch.DefaultContentType} {
		if textOf(object[key]) == unset {
			delete(object, key)
		}
	}
}

// objectGroups returns a group of fields for each object, folded while it is unused.
func (d *hookDraft) objectGroups() []piece.Group {
	objects := hookObjects()
	groups := make([]piece.Group, len(objects))
	for i := range objects {
		o := &objects[i]
		groups[i] = piece.Group{Legend: o.legend, Folded: o.isUnused(d)}
		for _, key := range o.keys {
			groups[i].Fields = append(groups[i].Fields, d.field(key, o.fieldIn(key), o.fieldIn(key)))
		}
	}
	return groups
}

// isNumber reports whether a text is a number as JSON writes it.
func isNumber(text string) bool {
	var number json.Number
	return json.Unmarshal([]byte(text), &number) == nil && !strings.HasPrefix(text, `"`)
}
