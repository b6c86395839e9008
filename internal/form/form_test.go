package form_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/form"
)

// What cannot be a form is told at once, with the path of each mistake, and nothing is loaded.
func TestCompile(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		source string
		want   []string
	}{
		"all kinds":          {`{"type":"object","properties":{"a":{"type":"string"},"b":{"enum":[1,"x"]}},"required":["a"]}`, nil},
		"no type":            {`{"properties":{"a":{}}}`, nil},
		"a known draft":      {`{"$schema":"https://json-schema.org/draft/2020-12/schema"}`, nil},
		"no object":          {`[]`, []string{"must be an object, a JSON Schema"}},
		"of text":            {`{"type":"string"}`, []string{`type: must be "object": what people fill in is the object data`}},
		"elsewhere":          {`{"properties":{"a":{"$ref":"http://127.0.0.1/x"}}}`, []string{"properties.a.$ref: a form refers to no other schema: write out what it stands for"}},
		"a file":             {`{"allOf":[{"$ref":"file:///etc/passwd"}]}`, []string{"allOf[0].$ref: a form refers to no other schema: write out what it stands for"}},
		"itself":             {`{"properties":{"a":{"$dynamicRef":"#"}}}`, []string{"properties.a.$dynamicRef: a form refers to no other schema: write out what it stands for"}},
		"the result":         {`{"properties":{"result":{}}}`, []string{"properties.result: data.result is pass or fail, by the votes: choose another name"}},
		"a key named $ref":   {`{"properties":{"$ref":{"type":"string"}}}`, nil},
		"two mistakes":       {`{"properties":{"a":{"type":"text"},"b":{"minLength":-1}}}`, []string{"properties.a.type: ", "properties.b.minLength: "}},
		"a broken pattern":   {`{"properties":{"a":{"pattern":"("}}}`, []string{"properties.a.pattern: "}},
		"an unknown dialect": {`{"$schema":"http://127.0.0.1:1/draft"}`, []string{"loads nothing from elsewhere"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := form.Compile(json.RawMessage(test.source))
			if test.want == nil {
				require.NoError(t, err)
				return
			}
			for _, part := range test.want {
				require.ErrorContains(t, err, part)
			}
		})
	}
}

// Each field that is wrong is told, with its path.
func TestCheck(t *testing.T) {
	t.Parallel()
	compiled, err := form.Compile(json.RawMessage(`{"type":"object","additionalProperties":false,"required":["ticket","risk"],"properties":{
		"ticket":{"type":"string","pattern":"^OPS-[0-9]+$"},"risk":{"enum":["low","high"]},"percent":{"type":"integer","maximum":100},
		"mail":{"type":"string","format":"email"},"list":{"type":"array","items":{"type":"boolean"}},"half":{"multipleOf":0.5}}}`))
	require.NoError(t, err)
	for name, test := range map[string]struct {
		data string
		want []string
	}{
		"good":      {`{"ticket":"OPS-1","risk":"low","percent":5,"mail":"a@example.com","list":[true],"half":1.5}`, nil},
		"empty":     {`{}`, []string{"data.ticket: required", "data.risk: required"}},
		"all wrong": {`{"ticket":"x","risk":"none","percent":101,"mail":"a","list":[true,1],"more":1}`, []string{"data.ticket: ", "data.risk: ", "data.percent: ", "data.mail: ", "data.list[1]: ", "data.more: unknown key"}},
		"a bomb":    {`{"ticket":"OPS-1","risk":"low","half":1e1000000000}`, []string{"data.half: 1e1000000000 is too large a number"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var data latch.Object
			require.NoError(t, json.Unmarshal([]byte(test.data), &data))
			problems := compiled.Check(data)
			require.Len(t, problems, len(test.want), "%v", problems)
			for _, part := range test.want {
				require.ErrorContains(t, problems, part)
			}
		})
	}
}
