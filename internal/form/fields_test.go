package form_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/form"
)

const filledIn = `{"required":["ticket"],"properties":{"ticket":{"type":"string","title":"Ticket","description":"Which one"},"risk":{"enum":["low",2,null]},
	"percent":{"type":"integer","default":5},"sure":{"type":"boolean"},"list":{"type":"array","default":[1]},"any":true}}`

// A page asks for the fields in the form's order, each as its schema has it.
func TestFieldsOf(t *testing.T) {
	t.Parallel()
	fields := form.FieldsOf(json.RawMessage(filledIn))
	kinds := map[string]form.Kind{}
	var names []string
	for _, field := range fields {
		names, kinds[field.Name] = append(names, field.Name), field.Kind
		require.Equal(t, field.Name == "ticket", field.Required)
	}
	require.Equal(t, []string{"ticket", "risk", "percent", "sure", "list", "any"}, names)
	require.Equal(t, map[string]form.Kind{"ticket": form.Text, "risk": form.Choice, "percent": form.Number, "sure": form.Boolean,
		"list": form.JSON, "any": form.JSON}, kinds)
	require.Equal(t, "Ticket", fields[0].Title)
	require.Equal(t, "Which one", fields[0].Help)
	require.Equal(t, []string{"low", "2", "null"}, fields[1].Options)
	require.Equal(t, "5", fields[2].Default)
	require.Equal(t, "[1]", fields[4].Default)
	require.Empty(t, form.FieldsOf(json.RawMessage(`{"type":"object"}`)))
}

// What is filled in becomes data of the form's types, and what cannot is told.
func TestRead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		filled  map[string]string
		want    string
		refused string
	}{
		"all":            {map[string]string{"ticket": "OPS-1", "risk": "2", "percent": "7", "sure": "true", "list": "[1,2]", "any": `{"a":1}`}, `{"ticket":"OPS-1","risk":2,"percent":7,"sure":true,"list":[1,2],"any":{"a":1}}`, ""},
		"nothing":        {nil, `{}`, ""},
		"digits as text": {map[string]string{"ticket": "17"}, `{"ticket":"17"}`, ""},
		"no option":      {map[string]string{"risk": "high"}, `{"risk":"high"}`, ""},
		"no number":      {map[string]string{"percent": "many"}, "", "data.percent: is not a number"},
		"a quoted one":   {map[string]string{"percent": `"1"`}, "", "data.percent: is not a number"},
		"no JSON":        {map[string]string{"list": "[1"}, "", "data.list: is not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, problems := form.Read(json.RawMessage(filledIn), func(name string) string { return test.filled[name] })
			if test.refused != "" {
				require.EqualError(t, problems, test.refused)
				return
			}
			require.Empty(t, problems)
			encoded, err := json.Marshal(data)
			require.NoError(t, err)
			require.JSONEq(t, test.want, string(encoded))
		})
	}
	data, problems := form.Read(json.RawMessage(`{}`), func(string) string { return `{"a":1}` })
	require.Empty(t, problems)
	require.Len(t, data, 1)
	_, problems = form.Read(json.RawMessage(`{}`), func(string) string { return `[1]` })
	require.EqualError(t, problems, "data: is not a JSON object")
}
