package piece

import (
	"net/url"
	"slices"
	"strings"

	"github.com/latch-run/latch"
)

// A Form is fields with buttons. With Proof it is posted. Without, it filters a
// list, by a GET of the page, and is folded away while no filter is set.
type Form struct {
	// ID begins the ids of its fields; unique in the page.
	ID string
	// Action is where it goes; "" is the page's own address.
	Action string
	// Proof has the console take the form: see visit.form of the console.
	Proof  string
	Hidden []Hidden
	Groups []Group
	// Problems stand above, those that belong to a field beside it too.
	Problems []FieldProblem
	Buttons  []Button
}

// A Hidden is a value that goes with the form unseen.
type Hidden struct{ Name, Value string }

// A Group is fields that belong together.
type Group struct {
	// Legend names the group; "" for fields that need no name.
	Legend string
	// Folded hides the group until it is opened, unless a field in it is wrong.
	Folded bool
	Fields []Field
}

// Kinds of fields.
const (
	KindText     = "text"
	KindSearch   = "search" // the key / goes there
	KindPassword = "password"
	KindNumber   = "number"
	KindLines    = "lines" // a text of several lines
	KindCode     = "code"  // the same, in a fixed width
	KindCheck    = "check"
	KindSelect   = "select"
)

// A Field is one input with its label.
type Field struct {
	// Name is the form's key; where the API names the field otherwise in its
	// problems, At is that path.
	Name, At string
	Label    string
	Kind     string // a Kind…; text unless given
	Value    string // what is in it; "true" of a check that is set
	Help     string // what it takes, below
	Error    string // what is wrong with it
	Required bool
	Rows     int // of lines and code; 4 unless given
	Limit    int // most characters; 0 for no limit
	// Complete is the autocomplete attribute; off unless given.
	Complete string
	Options  []Option // of a select, or what a text suggests
	// Rest reports that the field is for all keys that no other field is for.
	Rest bool
}

// An Option is one of a select's.
type Option struct{ Value, Label string }

// Options returns options that show what they stand for.
func Options(values ...string) []Option {
	options := make([]Option, len(values))
	for i, value := range values {
		options[i] = Option{value, value}
	}
	return options
}

// A Button sends the form.
type Button struct {
	// Name and Value go with the form; Name is "action" unless given.
	Name, Value string
	Label       string
	// Help says beforehand what it does.
	Help string
	// Look is LookFirst, LookGrave or "".
	Look string
}

// Looks of buttons: what one is here for, and what ends or undoes something.
const (
	LookFirst = "first"
	LookGrave = "grave"
)

// A FieldProblem is what is wrong with a form. Href leads to the field, where it
// is about one.
type FieldProblem struct{ Field, Message, Href string }

// Fill puts what was sent into the fields, so that nothing typed is lost.
func (f *Form) Fill(sent url.Values) {
	f.each(func(field *Field) {
		if field.Kind == KindPassword {
			return
		}
		if field.Value = sent.Get(field.Name); field.Kind == KindCheck && field.Value != "" {
			field.Value = "true"
		}
	})
}

// Refuse puts what is wrong beside the fields that it is about, and all of it
// above the form. A problem belongs to the field whose At, or else Name, is its
// path or the nearest part before it.
func (f *Form) Refuse(problems latch.Problems) {
	for _, problem := range problems {
		if field := f.fieldAt(problem.Path); field != nil {
			if field.Error != "" {
				field.Error += "; "
			}
			field.Error += strings.TrimPrefix(problem.Path+": "+problem.Message, field.path()+": ")
		}
		f.Problems = append(f.Problems, f.Place(problem))
	}
	for i := range f.Groups {
		if slices.ContainsFunc(f.Groups[i].Fields, func(field Field) bool { return field.Error != "" }) {
			f.Groups[i].Folded = false
		}
	}
}

// Place returns the problem with a link to the field that it is about.
func (f *Form) Place(problem latch.Problem) FieldProblem {
	field := f.fieldAt(problem.Path)
	if field == nil {
		return FieldProblem{Field: problem.Path, Message: problem.Message}
	}
	shown := FieldProblem{Field: field.Label, Message: problem.Message, Href: "#" + f.ID + "-" + field.Name}
	if field.Rest {
		shown.Message = strings.TrimPrefix(problem.Path+": "+problem.Message, field.path()+": ")
	}
	return shown
}

// Opened reports whether a filter shows its fields: once one of them is set.
func (f Form) Opened() bool {
	for _, group := range f.Groups {
		if slices.ContainsFunc(group.Fields, func(field Field) bool { return field.Value != "" || field.Error != "" }) {
			return true
		}
	}
	return false
}

// fieldAt returns the field that a path is about, or else the one for the rest; nil
// for none.
func (f *Form) fieldAt(path string) *Field {
	var found *Field
	f.each(func(field *Field) {
		at := field.path()
		within := path == at || strings.HasPrefix(path, at+".") || strings.HasPrefix(path, at+"[")
		if at != "" && within && (found == nil || len(at) > len(found.path())) {
			found = field
		}
	})
	if found == nil && path != "" {
		f.each(func(field *Field) {
			if field.Rest {
				found = field
			}
		})
	}
	return found
}

func (f *Form) each(do func(*Field)) {
	for i := range f.Groups {
		for j := range f.Groups[i].Fields {
			do(&f.Groups[i].Fields[j])
		}
	}
}

func (f *Field) path() string {
	if f.At != "" {
		return f.At
	}
	return f.Name
}

// Within is a field as its template needs it: with the id of its form.
type Within struct {
	Field
	Form string
}

// FieldsOf returns a group's fields with their form's id.
func (f Form) FieldsOf(g Group) []Within {
	fields := make([]Within, len(g.Fields))
	for i, field := range g.Fields {
		fields[i] = Within{field, f.ID}
	}
	return fields
}

// ID is the input's.
func (w Within) ID() string { return w.Form + "-" + w.Name }

// Described are the ids of what tells more of the input.
func (w Within) Described() string {
	var ids []string
	if w.Error != "" {
		ids = append(ids, w.ID()+"-error")
	}
	if w.Help != "" {
		ids = append(ids, w.ID()+"-help")
	}
	return strings.Join(ids, " ")
}

// Height is the rows of a text of several lines.
func (w Within) Height() int {
	if w.Rows > 0 {
		return w.Rows
	}
	return 4
}
