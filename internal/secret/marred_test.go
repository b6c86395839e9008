package secret_test

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/secret"
)

// keyBytes is the base64 of a key, without its prefix.
const keyBytes = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// utf16Of writes a text as editors of another system do.
func utf16Of(text string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		b.WriteByte(byte(unit))
		b.WriteByte(byte(unit >> 8))
	}
	return b.String()
}

// marredKeys are keys damaged by copying, with the errors about each.
func marredKeys() map[string]struct{ text, want string } {
	const key = "whsec_" + keyBytes
	document, _ := aDocument()
	return map[string]struct{ text, want string }{
		"double quotes":             {`"` + key + `"`, "quotation marks"},
		"single quotes":             {"'" + key + "'", "quotation marks"},
		"backquotes":                {"`" + key + "`", "quotation marks"},
		"typographic quotes":        {"“" + key + "”", "quotation marks"},
		"German quotes":             {"„" + key + "“", "quotation marks"},
		"guillemets":                {"«" + key + "»", "quotation marks"},
		"escaped quotes":            {`\"` + key + `\"`, "quotation marks"},
		"an opening quote":          {`"` + key, "nothing stands before it"},
		"a closing quote":           {key + `"`, "no base64 follows"},
		"quotes inside":             {`whsec_"` + keyBytes + `"`, "no base64 follows: its character 1 is"},
		"a scheme before it":        {"v1," + key, "nothing stands before it"},
		"another scheme before it":  {"v1a," + key, "nothing stands before it"},
		"a name before it":          {"BOARD=" + key, "nothing stands before it"},
		"export before it":          {"export LATCH_SECRET_BOARD=" + key, "nothing stands before it"},
		"Bearer before it":          {"Bearer " + key, "nothing stands before it"},
		"a JSON object":             {`{"secret":"` + key + `"}`, "nothing stands before it"},
		"twice":                     {"whsec_" + key, "base64 of URLs follows"},
		"a leading blank":           {" " + key, "begins with a blank"},
		"a trailing blank":          {key + " ", "ends with a blank"},
		"a leading tab":             {"\t" + key, "begins with a tab"},
		"a byte order mark":         {"\ufeff" + key, "begins with a byte order mark (U+FEFF)"},
		"a no-break space":          {key + "\u00a0", "ends with an invisible character (U+00A0)"},
		"a zero-width space":        {"\u200b" + key, "begins with an invisible character (U+200B)"},
		"a word joiner":             {key + "\u2060", "ends with an invisible character (U+2060)"},
		"a mark of direction":       {"\u202a" + key, "begins with an invisible character (U+202A)"},
		"a soft hyphen":             {key + "\u00ad", "ends with an invisible character (U+00AD)"},
		"a zero-width space inside": {"whsec_" + keyBytes[:9] + "\u200b" + keyBytes[9:], "no base64 follows: its character 10 is"},
		"a byte order mark inside":  {"whsec_\ufeff" + keyBytes, "no base64 follows: its character 1 is"},
		"a blank inside":            {"whsec_ " + keyBytes, "no base64 follows: its character 1 is"},
		"a carriage return inside":  {"whsec_" + keyBytes[:9] + "\r" + keyBytes[9:], "has a carriage return within"},
		"a line break inside": {"whsec_" + keyBytes[:16] + "\r\n" + keyBytes[16:],
			"its line 2 looks like the rest of the key that line 1 begins"},
		"a late line break inside": {"whsec_" + keyBytes + "\n" + "AAECAwQFBgc=",
			"its line 2 looks like the rest of the key that line 1 begins"},
		"a line break at its head":  {"whsec_\n" + keyBytes, "begins with whsec_ but no key follows"},
		"nothing behind it":         {"whsec_", "begins with whsec_ but no key follows"},
		"nothing but padding":       {"whsec_==", "begins with whsec_ but no key follows"},
		"no base64":                 {"whsec_%%%", "no base64 follows"},
		"base64 of URLs":            {"whsec_" + strings.ReplaceAll(keyBytes, "U", "-"), "base64 of URLs follows; write + for - and / for _"},
		"a character lost":          {key[:len(key)-1], "no base64 follows: its last character is wrong, or lost"},
		"three characters lost":     {key[:len(key)-3], "no base64 follows: it is not whole"},
		"too little padding":        {"whsec_AAECAwQFBg=", "no base64 follows: it is not whole"},
		"too much padding":          {"whsec_AAEC====", "no base64 follows: it is not whole"},
		"upper case":                {"WHSEC_" + keyBytes, "its case and underscore count"},
		"title case":                {"Whsec_" + keyBytes, "its case and underscore count"},
		"a hyphen":                  {"whsec-" + keyBytes, "its case and underscore count"},
		"a colon":                   {"whsec:" + keyBytes, "its case and underscore count"},
		"no underscore":             {"whsec" + keyBytes, "its case and underscore count"},
		"full width":                {"ｗｈｓｅｃ＿" + keyBytes, "its case and underscore count"},
		"spaced out":                {"w h s e c _" + keyBytes, "its case and underscore count"},
		"a percent-encoded prefix":  {"whsec%5F" + keyBytes, "its case and underscore count"},
		"percent-encoded":           {"whsec_" + url.QueryEscape("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS/"), "no base64 follows"},
		"twice percent-encoded":     {"whsec%255F" + keyBytes, "its case and underscore count"},
		"JSON's escapes":            {`whsec\u005f` + keyBytes, "its case and underscore count"},
		"HTML's escapes":            {"whsec&#95;" + keyBytes, "its case and underscore count"},
		"base64 of it":              {base64.StdEncoding.EncodeToString([]byte(key)), "was encoded once more"},
		"base64 of it, raw":         {base64.RawURLEncoding.EncodeToString([]byte(key)), "was encoded once more"},
		"base64 of it with a line":  {base64.StdEncoding.EncodeToString([]byte(key + "\n")), "was encoded once more"},
		"hexadecimal of it":         {hex.EncodeToString([]byte(key)), "was encoded once more"},
		"UTF-16 with its mark":      {"\xff\xfe" + utf16Of(key), "is UTF-16"},
		"UTF-16 without":            {utf16Of(key), "has NULs in it, as UTF-16 has"},
		"a private key, upper case": {"WHSK_" + keyBytes, "its case and underscore count"},
		"a private key too short":   {"whsk_AAEC", "begins with whsk_ but the key that follows has 3 bytes"},
		"a private key, quoted":     {`"whsk_` + keyBytes + `"`, "quotation marks"},
		"a public key":              {"whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "that is a public key"},
		"a public key, marred":      {"WHPK_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "its case and underscore count"},
		"a plain key in quotes":     {`"mdoq-is-awesome"`, "quotation marks"},
		"a plain key and a blank":   {"mdoq-is-awesome ", "ends with a blank"},
		"a plain key and a tab":     {"mdoq-is-awesome\t", "ends with a tab"},
		"a plain key and a mark":    {"\ufeffmdoq-is-awesome", "byte order mark"},
		"blanks alone":              {"  ", "begins with a blank"},
		"quotes alone":              {`""`, "quotation marks"},
		"PEM in quotes":             {`"` + document[len("subject=/CN=latch\n"):] + `"`, "PEM whose lines are not as they were"},
		"PEM behind blanks":         {strings.ReplaceAll(document, "-----BEGIN", "  -----BEGIN"), "PEM whose lines are not as they were"},
		"PEM behind a mark":         {"\ufeff" + document[len("subject=/CN=latch\n"):], "PEM whose lines are not as they were"},
		"PEM with escaped lines":    {strings.ReplaceAll(document, "\n", `\n`), "PEM whose lines are not as they were"},
		"PEM in one line":           {strings.ReplaceAll(document, "\n", " "), "PEM whose lines are not as they were"},
		"PEM cut off":               {document[:len(document)-40], "PEM that is not whole"},
		"base64 of PEM":             {base64.StdEncoding.EncodeToString([]byte(document[len("subject=/CN=latch\n"):])), "encoded once more"},
	}
}

// keptIn are the places where a worker can have its secrets. Each returns the error of starting
// with one, and its location.
var keptIn = map[string]func(t *testing.T, value string) (where string, err error){
	"a variable": func(_ *testing.T, value string) (string, error) {
		_, err := secret.FromEnvironment([]string{"LATCH_SECRET_BOARD=" + value}, "", "", false)
		return "LATCH_SECRET_BOARD", err
	},
	"a file": func(t *testing.T, value string) (string, error) {
		dir := directory(t, map[string]string{"change-board": value + "\n"})
		_, err := secret.FromEnvironment(nil, dir, "", false)
		return filepath.Join(dir, "change-board"), err
	},
	"options": func(_ *testing.T, value string) (string, error) {
		_, err := secret.New(map[string]string{"board": value}, secret.Options{})
		return `secret "board"`, err
	},
	"a first line": func(_ *testing.T, value string) (string, error) {
		_, err := secret.FromEnvironment([]string{"LATCH_SECRET_BOARD=" + value + "\nold-value"}, "", "", false)
		return "LATCH_SECRET_BOARD", err
	},
	"a last line": func(_ *testing.T, value string) (string, error) {
		_, err := secret.FromEnvironment([]string{"LATCH_SECRET_BOARD=new-value\r\n" + value + "\r\n"}, "", "", false)
		return "LATCH_SECRET_BOARD", err
	},
	"a file that was rotated": func(t *testing.T, value string) (string, error) {
		dir := directory(t, map[string]string{"board": "whsec_" + keyBytes})
		store, err := secret.FromEnvironment(nil, dir, "", false)
		require.NoError(t, err)
		write(t, dir, "board", value)
		_, err = store.Lookup("board")
		var missing *secret.MissingError
		require.ErrorAs(t, err, &missing)
		require.ErrorContains(t, err, `secret "board" cannot be used`)
		return filepath.Join(dir, "board"), err
	},
}

// Contract, Secrets by name: a key that looks damaged is refused in every place. The error has
// the name of the place and the problem, never the key's value.
func TestMarredKeysAreRefused(t *testing.T) {
	t.Parallel()
	for name, marred := range marredKeys() {
		for kept, open := range keptIn {
			t.Run(name+" in "+kept, func(t *testing.T) {
				t.Parallel()
				where, err := open(t, marred.text)
				require.ErrorContains(t, err, where)
				require.NotContains(t, err.Error(), keyBytes[:9])
				require.NotContains(t, err.Error(), "mdoq")
				if isAlone := kept == "a variable" || kept == "a file" || kept == "options"; isAlone {
					require.ErrorContains(t, err, marred.want)
				}
			})
		}
	}
}

// All damaged keys are reported at once, by variable, file and line.
func TestMarredKeysAreToldAtOnce(t *testing.T) {
	t.Parallel()
	dir := directory(t, map[string]string{"file": "\ufeffplain", "good": "good"})
	_, err := secret.FromEnvironment([]string{
		"LATCH_SECRET_A='quoted'",
		"LATCH_SECRET_B=WHSEC_" + keyBytes + "\n\nplain\n v1,whsec_" + keyBytes,
	}, dir, "", false)
	for _, want := range []string{
		"LATCH_SECRET_A: its line 1 stands in quotation marks",
		"LATCH_SECRET_B: its line 1 has a key of Standard Webhooks in it",
		"; its line 4 begins with a blank",
		filepath.Join(dir, "file") + ": its line 1 begins with a byte order mark",
	} {
		require.ErrorContains(t, err, want)
	}
}

// A value that only resembles a damaged key is accepted unchanged.
func TestOddSecretsAreTaken(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"JSON":                         `{"user":"ada","password":"pass \"word\""}`,
		"a JSON array":                 `["a","b"]`,
		"quotes within":                `it's "so"`,
		"an opening quote":             `"half`,
		"blanks within":                "Bearer t0ken with blanks",
		"a no-break space within":      "a\u00a0b",
		"an emoji of several parts":    "👩\u200d🔬 at work",
		"hexadecimal":                  strings.Repeat("0123456789abcdef", 4),
		"base64":                       keyBytes,
		"base64 of JSON":               base64.StdEncoding.EncodeToString([]byte(`{"a":1}`)),
		"a key of another kind":        "sk_live_" + keyBytes,
		"words that begin like it":     "whsecret",
		"a percent sign":               "100%",
		"a URL":                        "https://hooks.example.com/T0KEN?key=value&x=%2F",
		"a private key and an old one": "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\nold-value",
		"a short key and an old one":   "whsec_AAECAwQFBg==\nplain",
		"a key and an old one":         "whsec_" + keyBytes + "\nhunter2",
		"two keys":                     "whsec_" + keyBytes + "\r\nwhsec_AAEC\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, err := secret.FromEnvironment([]string{"LATCH_SECRET_BOARD=" + value + "\n"}, "", "", false)
			require.NoError(t, err)
			found, err := store.Lookup("board")
			require.NoError(t, err)
			first, _, _ := strings.Cut(value, "\n")
			text, sendable := found.Value()
			require.Equal(t, !strings.HasPrefix(first, "whs") || first == "whsecret", sendable)
			if sendable {
				require.Equal(t, first, text)
			}
		})
	}
}

// A file that is mended is used again without a restart.
func TestMendedFile(t *testing.T) {
	t.Parallel()
	dir := directory(t, map[string]string{"board": "first"})
	store, err := secret.FromEnvironment(nil, dir, "", false)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "board"), []byte("'second'"), 0o600))
	_, err = store.Lookup("board")
	require.ErrorContains(t, err, "quotation marks")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "board"), []byte("second\n"), 0o600))
	require.Equal(t, "second", value(t, store, "board"))
}
