package piece

import (
	"net/url"
	"slices"
	"strings"

	"github.com/latch-run/latch"
)

// A Form has fields and buttons. With Proof it is posted. Without, it filters a
// list with a GET of the page, and is folded while no filter is set.
type Form struct {
	// ID begins the ids of its fields; unique in the page.
	ID string
	// Action is the address to send it to; "" is the page's own.
	Action string
	// Proof is the signature without which the console rejects the form: see
	// visit.form there.
	Proof  string
	Hidden []Hidden
	Groups []Group
	// Problems are shown above the form. Those about a field are shown beside
	// it as well.
	Problems []FieldProblem
	Buttons  []Button
}

// A Hidden is a value that is sent with the form but not shown.
type Hidden struct{ Name, Value string }

// A Group is a set of fields that belong together.
type Group struct {
	// Legend names the group; "" if it needs no name.
	Legend string
	// Folded hides the group until it is opened, unless one of its fields has
	// an error.
	Folded bool
	Fields []Field
}

// Kinds of field.
const (
	KindText     = "text"
	KindSearch   = "search" // the key / moves there
	KindPassword = "password"
	KindNumber   = "number"
	KindLines    = "lines" // text of several lines
	KindCode     = "code"  // the same, in a fixed-width font
	KindCheck    = "check"
	KindSelect   = "select"
)

// A Field is one input with its label.
type Field struct {
	// Name is the field's key in the form. At is its path in the API's
	// problems, if that is another.
	Name, At string
	Label    string
	Kind     string // one of the Kind constants; KindText if empty
	Value    string // the content; "true" for a set check box
	Help     string // what to enter, shown below
	Error    string // why the value was rejected
	Required bool
	Rows     int // of a text area; 4 if not set
	Limit    int // in characters; 0 means no limit
	// Complete is the autocomplete attribute; "off" if empty.
	Complete string
	Options  []Option // the options of a select, or the suggestions for a text
	// Rest is true for the field that holds all keys without a field of their
	// own.
	Rest bool
}

// An Option is an option of a select.
type Option struct{ Value, Label string }

// Options returns options whose labels are their values.
func Options(values ...string) []Option {
	options := make([]Option, len(values))
	for i, value := range values {
		options[i] = Option{value, value}
	}
	return options
}

// A Button submits the form.
type Button struct {
	// Name and Value are sent with the form; Name is "action" if empty.
	Name, Value string
	Label       string
	// Help says what the button does.
	Help string
	// Look is LookFirst, LookGrave or "".
	Look string
}

// Looks of buttons: the main one of a form, and one that ends or undoes
// something.
const (
	LookFirst = "first"
	LookGrave = "grave"
)

// A FieldProblem is a problem with a form. Href links to the field, if it is
// about one.
type FieldProblem struct{ Field, Message, Href string }

// Fill sets the fields to what was sent, so that nothing typed is lost. It
// leaves passwords empty.
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

// Refuse shows each problem beside the field that it is about, and all of them
// above the form. A problem belongs to the field whose At, or else Name, is the
// longest prefix of its path.
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

// Opened reports whether a filter shows its fields: it does once one of them is
// set.
func (f Form) Opened() bool {
	for _, group := range f.Groups {
		if slices.ContainsFunc(group.Fields, func(field Field) bool { return field.Value != "" || field.Error != "" }) {
			return true
		}
	}
	return false
}

// fieldAt returns the field that a path is about, or else the one for the other
// keys, or nil.
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

// Within is a field with the id of its form, as its template needs it.
type Within struct {
	Field
	Form string
}

// FieldsOf returns a group's fields with the id of their form.
func (f Form) FieldsOf(g Group) []Within {
	fields := make([]Within, len(g.Fields))
	for i, field := range g.Fields {
		fields[i] = Within{field, f.ID}
	}
	return fields
}

// ID returns the id of the input.
func (w Within) ID() string { return w.Form + "-" + w.Name }

// Described returns the ids of the elements that describe the input.
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

// Height returns the number of rows of a text area.
func (w Within) Height() int {
	if w.Rows > 0 {
		return w.Rows
	}
	return 4
}
