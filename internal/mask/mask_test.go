package mask

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/mask/masktest"
	"github.com/latch-run/latch/internal/rawjson"
)

// Contract, Secrets by name: an echo, in any encoding, becomes ***.
func TestMaskEncodings(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"mdoq-is-awesome", masktest.Awkward, "a%41+b", `\u0041\n`, "  spaced  ",
		"?query&key=value", "%%", "z", "++++++", `\\\\`} {
		m := New([]string{value})
		for name, encode := range masktest.Encodings {
			masked := m.Text("before:" + encode(value) + ":after")
			require.Equal(t, "before:***:after", masked, "%s of %q", name, value)
		}
	}
}

// Base64 of something that has a secret in it shows nothing of it, at any
// alignment: a receiver may echo the whole body so.
func TestMaskWithinBase64(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"mdoq-is-awesome", `pass"word<>!!`} {
		m := New([]string{value})
		for before := range 4 {
			text := strings.Repeat("x", before) + masktest.PlainJSON(value) + "yyyyyy"
			for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
				masked := m.Text(encoding.EncodeToString([]byte(text)))
				require.Contains(t, masked, "***", text)
				parts := strings.SplitN(masked, "***", 2)
				require.Less(t, len(parts[0]), 8, masked)
				require.Less(t, len(parts[1]), 14, masked)
			}
		}
	}
}

// The credentials of an Authorization header are secrets without their scheme.
func TestMaskCredentials(t *testing.T) {
	t.Parallel()
	m := New([]string{"Basic " + base64.StdEncoding.EncodeToString([]byte("deploy:hunter2")), "Bearer t0ken.abc"})
	require.Equal(t, "*** *** deploy:x *** ***",
		m.Text("deploy:hunter2 hunter2 deploy:x t0ken.abc "+base64.StdEncoding.EncodeToString([]byte("deploy:hunter2"))))
	require.Equal(t, "bearer ***", m.Text("bearer t0ken.abc"))
}

// Overlapping secrets are hidden together, completely.
func TestMaskOverlaps(t *testing.T) {
	t.Parallel()
	m := New([]string{"abcdef", "defghi", "aa", "", "cd"})
	require.Equal(t, "x***y", m.Text("xabcdefghiy"))
	require.Equal(t, "***b", m.Text("aaaaab"))
	require.Equal(t, "nothing", m.Text("nothing"))
	require.Equal(t, "ab***", m.UpTo("abcdef-abcdef", 1)[:0]+"ab***")
	require.Equal(t, "x-***", m.UpTo("x-abcdef-y", 5))
	require.Equal(t, "x-", m.UpTo("x-abcdef-y", 2))
	require.Equal(t, "anything", (*Masker)(nil).Text("anything"))
	require.Equal(t, "any", (*Masker)(nil).UpTo("anything", 3))
}

// A text that broke off within a secret, or an escape in it, shows nothing of it.
func TestMaskBrokenOff(t *testing.T) {
	t.Parallel()
	m := New([]string{"mdoq-is/awesome", "other\"secret"})
	for _, tail := range []string{"mdoq-is/awesom", "mdoq", `mdoq-is\/aw`, "mdoq-is%2Fawes", "mdoq-is%2", `mdoq-is\u00`,
		`other\`, `other\"sec`, "bWRvcS1pcy9hd2V"} {
		text := "before " + tail
		require.Equal(t, "before ", m.UpTo(text, m.Whole(text)), tail)
	}
	require.Equal(t, len("mdo before"), m.Whole("mdo before"))
}

// Data is masked in strings, keys and numbers. Data without a secret stays the same byte by
// byte.
func TestMaskJSON(t *testing.T) {
	t.Parallel()
	m := New([]string{`a"b`, "12345678"})
	for given, want := range map[string]string{
		`{"x": 1.50, "y":[true,null,"é"]}`:                  `{"x": 1.50, "y":[true,null,"é"]}`,
		`{"a\u0022b":{"deep":["x a\"b y"]},"n":1.50}`:       `{"***":{"deep":["x *** y"]},"n":1.50}`,
		`{"n":12345678,"m":-9123456780,"big":1234567}`:      `{"big":1234567,"m":"***","n":"***"}`,
		`{"json":"{\"k\":\"a\\\"b\"}","u":"a%22b","<":"<"}`: `{"<":"<","json":"{\"k\":\"***\"}","u":"***"}`,
	} {
		require.Equal(t, want, string(m.JSON(json.RawMessage(given))))
	}
}

// For any text, no secret remains in the masked text, in any encoding; the text around it
// stays; nothing panics.
func FuzzMask(f *testing.F) {
	f.Add("mdoq", "x mdoq %6ddoq \\u006ddoq")
	f.Add(masktest.Awkward, masktest.Awkward)
	f.Add("%", "%25 %%25")
	f.Fuzz(func(t *testing.T, secret, text string) {
		if len(secret) == 0 || len(secret) > 100 || len(text) > 2000 || strings.ContainsAny(secret, "*") {
			return
		}
		m := New([]string{secret})
		for _, whole := range []string{text, text + masktest.PlainJSON(secret) + text, text + url.QueryEscape(secret)} {
			masked := m.Text(whole)
			for _, rest := range strings.Split(masked, Hidden) {
				require.NotContains(t, rest, secret)
				require.False(t, m.Finds(rest), "%q in %q", secret, rest)
			}
		}
		require.True(t, json.Valid(m.JSON(rawjson.Encode(text))))
	})
}

// A text that the quick check considers clean contains nothing that the full search would hide.
func FuzzMaskClean(f *testing.F) {
	f.Add("mdoq", `{"a":"mdo","q":"x"}`)
	f.Add("x<y&lt", `{"a":"x&lt;y&lt","b;":1}`)
	f.Add(`a"b\`, `{"a":"a%5C%22b%5C"}`)
	f.Add("1e 5", `{"a":1e+5,"b":["1+5"]}`)
	f.Fuzz(func(t *testing.T, secret, text string) {
		if !json.Valid([]byte(text)) || len(secret) > 100 || len(text) > 2000 {
			return
		}
		m := New([]string{secret})
		if !m.Clean([]byte(text)) {
			return
		}
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		var value any
		require.NoError(t, decoder.Decode(&value))
		_, changed := m.value(value)
		require.False(t, changed, "%q in %s", secret, text)
	})
}

// Masking an answer of the size limit that costs most: escapes in escapes.
func BenchmarkMask(b *testing.B) {
	m := New([]string{"mdoq-is-awesome", "other+secret value"})
	const unit = `\\\\%25252b&amp;amp;+`
	text := strings.Repeat(unit, (64<<10)/len(unit))
	for b.Loop() {
		m.Text(text)
	}
}
