// Package fields defines the role of each string in an input: a template, an expression and its
// use, the name of a secret, a URL. The role is in the tag `latch`, next to the field's JSON key:
//
//	Note string `json:"note,omitempty" latch:"template"`
//
// Code that needs roles has no list of fields of its own: validation and warnings
// (internal/admission), the variables that a payload carries (workflows), rendering and secrets
// (internal/delivery, activities), and the schema (internal/schema).
//
// What it may not know: which structures there are, and how a template is compiled. Start reading
// at [Role] and [Of].
package fields
