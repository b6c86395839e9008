package fields_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/fields"
)

// A letter has a field of each type that can contain texts.
type letter struct {
	ID      string            `json:"id" latch:"id,template"`
	Secret  string            `json:"secret,omitempty" latch:"secret"`
	Type    string            `json:"type" latch:"media type"`
	Titles  map[string]string `json:"titles" latch:"template,header"`
	Lines   []string          `json:"lines" latch:"template"`
	Body    json.RawMessage   `json:"body" latch:"template,body"`
	Values  []json.RawMessage `json:"values" latch:"template,json"`
	Pages   int               `json:"pages"`
	Sender  *sender           `json:"sender"`
	Copies  []copied          `json:"copies"`
	private string
}

type sender struct {
	Name  string `json:"name" latch:"plain"`
	Token string `json:"token" latch:"secret,issuer"`
	Site  string `json:"site" latch:"url"`
}

type copied struct {
	letter string
	Letter *letter
}

// A sealed letter embeds a structure and adds a field.
type sealed struct {
	Envelope
	When string `json:"when" latch:"expression,when"`
}

type Envelope struct {
	Address string `json:"address" latch:"template,url"`
}

func aLetter() *letter {
	return &letter{ID: "${id}", Secret: "key", Type: "text/plain", Titles: map[string]string{"b": "${b}", "a": "${a}", "none": ""},
		Lines: []string{"${x}", "", "y"}, Body: json.RawMessage(` "a\n${b}"`), Values: []json.RawMessage{json.RawMessage(`"${c}"`), nil},
		Sender: &sender{Name: "n", Token: "t", Site: "s"}, private: "p",
		Copies: []copied{{letter: "l"}, {Letter: &letter{Type: "text/html", Body: json.RawMessage(`{"a":1}`)}}}}
}

// listed returns the parts of fields that a test compares.
func listed(found []*fields.Field) []string {
	var lines []string
	for _, f := range found {
		lines = append(lines, f.Path+" = "+f.Text())
	}
	return lines
}

// Fields are in the order of the structure, those of maps sorted by key, each with its path in
// JSON. Empty and plain fields are left out.
func TestFieldsInTheirOrder(t *testing.T) {
	t.Parallel()
	found := fields.Of(aLetter())
	require.Equal(t, []string{"id = ${id}", "secret = key", "titles.a = ${a}", "titles.b = ${b}", "lines[0] = ${x}", "lines[2] = y",
		`body =  "a\n${b}"`, `values[0] = "${c}"`, "sender.token = t", "sender.site = s", `copies[1].body = {"a":1}`}, listed(found))
	roles := map[string]fields.Role{}
	for _, f := range found {
		roles[f.Path] = f.Role
	}
	require.Equal(t, fields.Template, roles["id"])
	require.Equal(t, fields.HeaderTemplate, roles["titles.a"])
	require.Equal(t, fields.IssuerSecret, roles["sender.token"])
	require.Equal(t, []string{"key"}, fields.Texts(found, fields.Secret))
	require.Empty(t, fields.Of(&letter{}))
}

// The additional fields of a structure come before those of the one that it embeds.
func TestEmbeddedFieldsComeLast(t *testing.T) {
	t.Parallel()
	found := fields.Of(&sealed{Envelope{"${a}"}, "true"})
	require.Equal(t, []string{"when = true", "address = ${a}"}, listed(found))
	require.Nil(t, fields.Within[Envelope](found[0]))
	require.NotNil(t, fields.Within[Envelope](found[1]))
}

// A field knows the structures around it, the innermost first, and the media type of its body.
func TestWhereAFieldStands(t *testing.T) {
	t.Parallel()
	outer := aLetter()
	found := fields.Of(outer)
	last := found[len(found)-1]
	require.Same(t, outer.Copies[1].Letter, fields.Within[letter](last))
	require.Same(t, outer, fields.Within[letter](found[0]))
	require.Same(t, outer.Sender, fields.Within[sender](found[len(found)-2]))
	require.Nil(t, fields.Within[sender](found[0]))
	require.Equal(t, "text/html", last.MediaType)
	require.Equal(t, "text/plain", found[len(found)-2].MediaType)
}

// A JSON string is a body's template. Other JSON, and a field that is always JSON, contains
// templates.
func TestTemplateOfAField(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{`"a\n${b}"`: "a\n${b}", ` "x"`: "x", `{"a":"${b}"}`: "", `7`: "", `null`: ""} {
		text, is := fields.Of(&letter{Body: json.RawMessage(body)})[0].Template()
		require.Equal(t, want, text, body)
		require.Equal(t, want != "", is, body)
	}
	_, is := fields.Of(&letter{Values: []json.RawMessage{json.RawMessage(`"a"`)}})[0].Template()
	require.False(t, is)
	text, is := fields.Of(&letter{Lines: []string{`"a"`}})[0].Template()
	require.True(t, is)
	require.Equal(t, `"a"`, text)
}

// Setting a field only changes the copy.
func TestSetInACopy(t *testing.T) {
	t.Parallel()
	given := aLetter()
	own := *given
	fields.Detach(&own)
	for _, f := range fields.Of(&own) {
		f.Set("set")
		require.Equal(t, "set", f.Text())
	}
	require.Equal(t, aLetter(), given)
	require.Equal(t, letter{ID: "set", Secret: "set", Type: "text/plain", Titles: map[string]string{"a": "set", "b": "set", "none": ""},
		Lines: []string{"set", "", "set"}, Body: json.RawMessage("set"), Values: []json.RawMessage{json.RawMessage("set"), nil},
		Sender: &sender{Name: "n", Token: "set", Site: "set"}, private: "p",
		Copies: []copied{{letter: "l"}, {Letter: &letter{Type: "text/html", Body: json.RawMessage("set")}}}}, own)
	empty := sender{}
	fields.Detach(&empty)
	require.Equal(t, sender{}, empty)
}

// A text without a role, or with an unknown one, is found at any depth.
func TestCheck(t *testing.T) {
	t.Parallel()
	type inner struct {
		Text  string            `json:"text"`
		Odd   string            `json:"odd" latch:"templte"`
		Map   map[string]string `json:"map"`
		JSON  []json.RawMessage `json:"json"`
		Given *string           `json:"given"`
		Count *int              `json:"count"`
		Right string            `json:"right" latch:"id"`
		Named map[string]sender `json:"named"`
	}
	type outer struct {
		Inner []*inner `json:"inner"`
	}
	const says = " says no role; one that is taken as it is says `latch:\"plain\"`"
	require.Equal(t, []string{"inner.Text:" + says, `inner.Odd: "templte" is not a role`, "inner.Map:" + says,
		"inner.JSON:" + says, "inner.Given:" + says,
		"inner.Named: a map of structures is not gone through"},
		fields.Check(&outer{}))
	require.Empty(t, fields.Check(&letter{}, &sealed{}))
	require.Len(t, fields.Structures(&outer{}, &letter{}), 5)
}

// A role's kind.
func TestRoles(t *testing.T) {
	t.Parallel()
	of := reflect.TypeFor[letter]()
	for name, want := range map[string]fields.Tag{
		"ID": {Role: fields.Template, ID: true}, "Secret": {Role: fields.Secret}, "Type": {Role: fields.MediaType}, "Pages": {},
	} {
		field, _ := of.FieldByName(name)
		tag, err := fields.TagOf(field)
		require.NoError(t, err)
		require.Equal(t, want, tag, name)
	}
	require.True(t, fields.JSONTemplate.IsTemplate() && fields.Template.IsTemplate() && !fields.When.IsTemplate() &&
		!fields.Plain.IsTemplate())
	require.True(t, fields.When.IsExpression() && fields.RollbackRelease.IsExpression() && !fields.Secret.IsExpression())
	require.True(t, fields.Secret.IsSecret() && fields.IssuerSecret.IsSecret() && !fields.URL.IsSecret())
}

// An absent field gets the default in its tag, and no other field changes.
func TestWithDefaults(t *testing.T) {
	t.Parallel()
	type form struct {
		Method string      `json:"method" latch:"plain" unset:"POST"`
		Sends  *bool       `json:"sends" unset:"true"`
		Times  int         `json:"times" unset:"3"`
		Rate   float64     `json:"rate" unset:"0"`
		Size   json.Number `json:"size" latch:"plain"`
	}
	yes, no := true, false
	var filled form
	fields.SetDefaults(&filled)
	require.Equal(t, form{Method: "POST", Sends: &yes, Times: 3}, filled)
	given := form{Method: "PUT", Sends: &no, Times: 1, Rate: 2, Size: "4"}
	kept := given
	fields.SetDefaults(&kept)
	require.Equal(t, given, kept)
	for name, want := range map[string]any{"Method": "POST", "Sends": true, "Times": 3.0, "Rate": 0.0, "Size": nil} {
		field, _ := reflect.TypeFor[form]().FieldByName(name)
		value, has := fields.DefaultOf(field)
		require.Equal(t, want, value, name)
		require.Equal(t, want != nil, has, name)
	}
	type wrong struct {
		Times int `json:"times" unset:"many"`
	}
	require.Len(t, fields.Check(&wrong{}), 1)
	require.Empty(t, fields.Check(&form{}))
}
