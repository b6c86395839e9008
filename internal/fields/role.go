package fields

import (
	"fmt"
	"reflect"
	"strings"
)

// A Role is what a text is for.
type Role int

const (
	// Unmarked is a text whose tag says nothing; [Check] finds it.
	Unmarked Role = iota
	// Plain is a text that is taken as it is.
	Plain
	// Template is a template of a text.
	Template
	// URLTemplate is a template of a URL.
	URLTemplate
	// HeaderTemplate is a template of a header's value.
	HeaderTemplate
	// BodyTemplate is the template of a body, as the media type beside it has it: a JSON string is a
	// template of the body's text, any other JSON is a JSONTemplate.
	BodyTemplate
	// JSONTemplate is JSON in which every string is a template.
	JSONTemplate
	// When is an expression that is true where a hook fires.
	When
	// Success is an expression that is true of an answer that is a success.
	Success
	// Result is an expression that is "pass" or "fail" over a record.
	Result
	// StopRelease is an expression over a record that is true to stop a release.
	StopRelease
	// RollbackRelease is an expression over a record that is true to roll a release back.
	RollbackRelease
	// Secret is the name of a secret that goes to whom the structure is about, or signs for it.
	Secret
	// IssuerSecret is the name of a secret that goes to the issuer of a token alone.
	IssuerSecret
	// URL is a URL that is not a template.
	URL
	// MediaType is the type of the bodies that stand in the same structure or within it.
	MediaType
)

// words are the roles as tags name them.
var words = map[string]Role{
	"plain":                       Plain,
	"template":                    Template,
	"template,url":                URLTemplate,
	"template,header":             HeaderTemplate,
	"template,body":               BodyTemplate,
	"template,json":               JSONTemplate,
	"expression,when":             When,
	"expression,success":          Success,
	"expression,result":           Result,
	"expression,stop_release":     StopRelease,
	"expression,rollback_release": RollbackRelease,
	"secret":                      Secret,
	"secret,issuer":               IssuerSecret,
	"url":                         URL,
	"media type":                  MediaType,
}

// IsTemplate reports whether the text is a template, or JSON with templates.
func (r Role) IsTemplate() bool { return r >= Template && r <= JSONTemplate }

// IsExpression reports whether the text is an expression.
func (r Role) IsExpression() bool { return r >= When && r <= RollbackRelease }

// IsSecret reports whether the text is the name of a secret.
func (r Role) IsSecret() bool { return r == Secret || r == IssuerSecret }

// tagName is the key of the struct tag.
const tagName = "latch"

// A Tag is what a field's struct tag says.
type Tag struct {
	Role Role
	// ID says that JSON may give a number, which is taken as its digits.
	ID bool
}

// TagOf reads a field's tag: a role, "id", which is plain, or "id," before a role. An unknown word is an
// error.
func TagOf(field reflect.StructField) (Tag, error) {
	text := field.Tag.Get(tagName)
	switch {
	case text == "":
		return Tag{}, nil
	case text == "id":
		return Tag{Role: Plain, ID: true}, nil
	}
	word, isID := strings.CutPrefix(text, "id,")
	role, known := words[word]
	if !known {
		return Tag{}, fmt.Errorf("%q is not a role", text)
	}
	return Tag{Role: role, ID: isID}, nil
}

// Key returns the JSON key of a field; "" for one that stands in the place of its structure, "-" for one
// that is not in JSON.
func Key(field reflect.StructField) string {
	key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return key
}
