package expr

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/cel-go/common/types"
	"github.com/stretchr/testify/require"
)

// What a reader gives is what encoding/json gives, numbers and null as CEL's; what that refuses
// is refused.
func FuzzDecodeJSON(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-0,1.10,1e400,null,true,false,"x"],"b":{},"c":[],"a":2}`, " [ 1 , { \"a\" : \"\\u0041\\ud83d\\ude00\\\"\\\\\" } ] ", "\"\xff\xfe\"", `"\ud800"`, `{} {`, `1 2`, ``, `{"a":}`, `[1,]`, `nul`,
		`12345678901234567890`, `{"":""}`, `"` + "\u2028é" + `"`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		var want any
		refused := decoder.Decode(&want)
		text, err := validJSON(raw)
		if refused != nil {
			require.EqualError(t, err, refused.Error())
			return
		}
		require.NoError(t, err)
		require.GreaterOrEqual(t, 3*longestString(text), longestIn(want), "what is not UTF-8 takes three bytes")
		want = adopted(want)
		if written, ok := (&reader{text: text}).appendJSON(nil); ok {
			wantWritten, err := appendNative(nil, want, MaxOutput)
			require.NoError(t, err)
			require.Equal(t, string(wantWritten), string(written))
		}
		require.Equal(t, want, (&reader{text: text}).value())
		object, _ := want.(map[string]any)
		for key, value := range object {
			r := reader{text: text}
			require.True(t, r.seek(key))
			require.Equal(t, value, r.value())
		}
		_, has := object["no such key"]
		require.Equal(t, has, (&reader{text: text}).seek("no such key"))
	})
}

// A value goes from text to text where its keys are in the order in which they are written.
func TestValuesFromText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		` { "a" : [ 1 , -0 , 1.10 , 1e400 , [ ] ] , "b" : { } , "c" : null } `: `{"a":[1,-0,1.10,1e400,[]],"b":{},"c":null}`,
		`"\u0041\/\u007f<"`:                `"A/\u007f<"`,
		"{\"\":true,\"\\u0061\":\"\xff\"}": "{\"\":true,\"a\":\"\uFFFD\"}",
		`{"b":1,"a":2}`:                    "",
		`{"a":1,"a":2}`:                    "",
		`[{"":1,"":2}]`:                    "",
	} {
		written, ok := (&reader{text: text}).appendJSON(nil)
		require.Equal(t, want != "", ok, text)
		require.Equal(t, want, string(written), text)
	}
}

// adopted gives decoded JSON with CEL's null and numbers.
func adopted(value any) any {
	switch v := value.(type) {
	case nil:
		return types.NullValue
	case json.Number:
		return parseNumber(string(v))
	case []any:
		for i := range v {
			v[i] = adopted(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = adopted(v[key])
		}
	}
	return value
}

func longestIn(value any) (longest int) {
	switch v := value.(type) {
	case string:
		return len(v)
	case []any:
		for _, element := range v {
			longest = max(longest, longestIn(element))
		}
	case map[string]any:
		for key, element := range v {
			longest = max(longest, len(key), longestIn(element))
		}
	}
	return longest
}
