package expr

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/cel-go/common/types"
	"github.com/stretchr/testify/require"
)

// JSON of the data is written compact, with its keys sorted, its digits as they came and each
// string in one spelling.
func TestDecodedJSONIsWrittenInOneForm(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		` { "a" : [ 1 , -0 , 1.10 , 1e400 , [ ] ] , "b" : { } , "c" : null } `: `{"a":[1,-0,1.10,1e400,[]],"b":{},"c":null}`,
		`"\u0041\/\u007f<"`:                `"A/\u007f<"`,
		"{\"\":true,\"\\u0061\":\"\xff\"}": "{\"\":true,\"a\":\"\uFFFD\"}",
		`{"b":1,"a":2}`:                    `{"a":2,"b":1}`,
		`{"a":1,"a":2}`:                    `{"a":2}`,
		`12345678901234567890`:             `12345678901234567890`,
		"\"\u2028é\"":                      `"\u2028é"`,
		`"\ud83d\ude00\ud800"`:             "\"😀\uFFFD\"",
		`[1] {`:                            `[1]`,
	} {
		value, _, err := decodeJSON([]byte(text))
		require.NoError(t, err, text)
		written, err := appendNative(nil, value, MaxOutput)
		require.NoError(t, err, text)
		require.Equal(t, want, string(written), text)
	}
	for _, text := range []string{``, `{"a":}`, `[1,]`, `nul`} {
		_, _, err := decodeJSON([]byte(text))
		require.Error(t, err, text)
	}
}

// Decoding has the same results as encoding/json, and refuses what that refuses.
func FuzzDecodeJSON(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-0,1.10,1e400,null,true,false,"x"],"b":{},"c":[],"a":2}`, " [ 1 , { \"a\" : \"\\u0041\\ud83d\\ude00\\\"\\\\\" } ] ",
		"\"\xff\xfe\"", `"\ud800"`, `{} {`, `1 2`, ``, `{"a":}`, `[1,]`, `nul`, `12345678901234567890`, `{"":""}`, `"` + "\u2028é" + `"`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		var want any
		refused := decoder.Decode(&want)
		value, _, err := decodeJSON(raw)
		if refused != nil {
			require.EqualError(t, err, refused.Error())
			return
		}
		require.NoError(t, err)
		require.Equal(t, adopted(want), value)
	})
}

// adopted replaces null and numbers in decoded JSON by CEL's.
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

// The cost of a step depends on the longest string, anywhere in the data.
func TestLongestString(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{`1`: 0, `"abc"`: 3, `["a",{"b":["\u0041bc"]}]`: 8, `{"keys":1}`: 4} {
		_, longest, err := decodeJSON([]byte(text))
		require.NoError(t, err)
		require.Equal(t, want, longest, text)
	}
}
