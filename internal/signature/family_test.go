package signature_test

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/signature"
)

// A key of the family is recognized in any spelling, because it is never sent. A text that only
// resembles one is not.
func TestInFamily(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"whsec_", "whsk_", "whpk_"} {
		key := prefix + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
		for name, text := range map[string]string{
			"as it is":         key,
			"the prefix alone": prefix,
			"upper case":       strings.ToUpper(key),
			"a hyphen":         strings.Replace(key, "_", "-", 1),
			"no underscore":    strings.Replace(key, "_", "", 1),
			"in quotes":        `"` + key + `"`,
			"escaped quotes":   `"{\"key\":\"` + key + `\"}"`,
			"behind a scheme":  "Bearer v1," + key,
			"in a URL":         "https://hooks.example.com/?key=" + url.QueryEscape(key),
			"NULs":             strings.Join(strings.Split(key, ""), "\x00"),
			"invisible":        "\ufeff" + strings.Join(strings.Split(key, ""), "\u200b"),
			"percent-encoded":  "%77" + key[1:5] + url.QueryEscape(key[5:]),
			"thrice":           strings.Replace(key, "_", "%25255f", 1),
			"in base64":        base64.StdEncoding.EncodeToString([]byte(" " + key)),
			"in hexadecimal":   hex.EncodeToString([]byte(strings.ToUpper(key))),
		} {
			require.True(t, signature.InFamily(text), "%s of %s", name, prefix)
		}
	}
	for _, text := range []string{"", "mdoq-is-awesome", "sk_live_51H", "whsecret", "wh_sec",
		"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "%", `\u00`, "https://hooks.example.com/wash-key"} {
		require.False(t, signature.InFamily(text), text)
	}
}

// Lines are numbered as in an editor, and every bad one is reported.
func TestParseLines(t *testing.T) {
	t.Parallel()
	lines, err := signature.ParseLines("\nwhsec_AAEC\r\n\nplain\n\n")
	require.NoError(t, err)
	require.Len(t, lines, 2)
	require.Equal(t, []any{2, "whsec_AAEC", 4, "plain"}, []any{lines[0].Number, lines[0].Text, lines[1].Number, lines[1].Text})
	_, err = signature.ParseLines("'a'\nb\n\nwhsec_!\n")
	require.EqualError(t, err, "its line 1 stands in quotation marks, which would be part of it; take them away; "+
		"its line 4 begins with whsec_ but no base64 follows: its character 1 is of another alphabet")
	_, err = signature.ParseLines("\"new\nold\"")
	require.EqualError(t, err, "it stands in quotation marks, which would be part of it; take them away")
	_, err = signature.ParseLines("\r\n\n")
	require.EqualError(t, err, "it is empty")
}

// No key causes a panic, and an error contains nothing of it.
func FuzzParseKey(f *testing.F) {
	for _, seed := range []string{"whsec_AAEC", `"whsec_AAEC"`, "v1,WHSEC_AAEC", "\ufeffplain", "whsec_\xff", "%77hsec_", "d2hzZWNfQUFFQw=="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := signature.ParseKey(text)
		if err != nil {
			require.Less(t, len(err.Error()), 300)
			return
		}
		require.Equal(t, key.Prefix() != "", signature.InFamily(text), "what is taken either only signs or has no key in it")
	})
}
