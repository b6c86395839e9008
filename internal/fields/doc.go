// Package fields says what role each text of an input plays: a template and of what, an expression and
// its use, the name of a secret, a URL. The role stands in the tag `latch` beside the field's JSON key:
//
//	Note string `json:"note,omitempty" latch:"template"`
//
// What reads roles has no list of fields of its own: validation and warnings (internal/admission), the
// variables that a payload carries (workflows), rendering and secrets (internal/delivery, activities),
// and the schema (internal/schema).
//
// It may not know which structures there are, nor how a template is compiled. Start reading at [Role]
// and [Of].
package fields
