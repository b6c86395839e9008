package fields

import (
	"fmt"
	"reflect"
	"strings"
)

// A Role says what a string is for.
type Role int

const (
	// Unmarked is a string without a tag; [Check] reports it.
	Unmarked Role = iota
	// Plain is a string that is used as it is.
	Plain
	// Template is a template of a text.
	Template
	// URLTemplate is a template of a URL.
	URLTemplate
	// HeaderTemplate is a template of a header's value.
	HeaderTemplate
	// BodyTemplate is the template of a body with the media type next to it: a JSON string is a
	// template of the body's text, any other JSON is a JSONTemplate.
	BodyTemplate
	// JSONTemplate is JSON in which every string is a template.
	JSONTemplate
	// When is an expression that decides whether a hook fires.
	When
	// Success is an expression that decides whether a response is a success.
	Success
	// Result is an expression on a record that returns "pass" or "fail".
	Result
	// StopRelease is an expression on a record that decides whether a release stops.
	StopRelease
	// RollbackRelease is an expression on a record that decides whether a release is rolled back.
	RollbackRelease
	// Secret is the name of a secret that is sent to the endpoint in the structure, or signs for
	// it.
	Secret
	// IssuerSecret is the name of a secret that is sent only to the issuer of a token.
	IssuerSecret
	// URL is a URL that is not a template.
	URL
	// Form is a JSON Schema.
	Form
	// MediaType is the media type of the bodies in the same structure or nested in it.
	MediaType
)

// words maps the names used in tags to roles.
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
	"form":                        Form,
	"media type":                  MediaType,
}

// IsTemplate reports whether the string is a template, or JSON with templates.
func (r Role) IsTemplate() bool { return r >= Template && r <= JSONTemplate }

// IsExpression reports whether the string is an expression.
func (r Role) IsExpression() bool { return r >= When && r <= RollbackRelease }

// IsSecret reports whether the string is the name of a secret.
func (r Role) IsSecret() bool { return r == Secret || r == IssuerSecret }

// tagName is the key of the struct tag.
const tagName = "latch"

// A Tag is the content of a field's struct tag.
type Tag struct {
	Role Role
	// ID is true if JSON may also contain a number, which is converted to its digits.
	ID bool
}

// TagOf parses a field's tag: a role; "id", which is Plain; or "id," followed by a role. An unknown
// word is an error.
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

// Key returns the JSON key of a field: "" for an embedded field, "-" for one that is not in JSON.
func Key(field reflect.StructField) string {
	key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return key
}
