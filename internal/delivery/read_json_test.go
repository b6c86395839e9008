package delivery

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/rawjson"
)

// coded compresses a text.
func coded(t testing.TB, text string, open func(io.Writer) (io.WriteCloser, error)) string {
	t.Helper()
	var out bytes.Buffer
	writer, err := open(&out)
	require.NoError(t, err)
	_, err = io.WriteString(writer, text)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	return out.String()
}

func gzipped(to io.Writer) (io.WriteCloser, error)     { return gzip.NewWriter(to), nil }
func zlibbed(to io.Writer) (io.WriteCloser, error)     { return zlib.NewWriter(to), nil }
func deflated(to io.Writer) (io.WriteCloser, error)    { return flate.NewWriter(to, 9) }
func brotlied(to io.Writer) (io.WriteCloser, error)    { return brotli.NewWriter(to), nil }
func zstandarded(to io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(to) }

// Contract, "Responses": an answer is read in any coding. If a coding cannot be undone, the
// answer is not read and the delivery is not retried.
func TestAnswersAreDecompressed(t *testing.T) {
	t.Parallel()
	const text = `{"result":"fail","note":"Prüfung"}`
	wrongSum := []byte(coded(t, text, gzipped))
	wrongSum[len(wrongSum)-5] ^= 0xff
	for name, test := range map[string]struct{ coding, body, unreadable string }{
		"none":                  {"", text, ""},
		"identity":              {"identity", text, ""},
		"gzip":                  {"gzip", coded(t, text, gzipped), ""},
		"gzip in capitals":      {" GZIP ", coded(t, text, gzipped), ""},
		"x-gzip":                {"x-gzip", coded(t, text, gzipped), ""},
		"deflate as defined":    {"deflate", coded(t, text, zlibbed), ""},
		"deflate without zlib":  {"deflate", coded(t, text, deflated), ""},
		"brotli":                {"br", coded(t, text, brotlied), ""},
		"zstandard":             {"zstd", coded(t, text, zstandarded), ""},
		"one after the other":   {"deflate, identity, br,", coded(t, coded(t, text, zlibbed), brotlied), ""},
		"four of them":          {"gzip,gzip,gzip,gzip", coded(t, coded(t, coded(t, coded(t, text, gzipped), gzipped), gzipped), gzipped), ""},
		"empty":                 {"gzip", "", ""},
		"empty, of one unknown": {"compress", "", ""},

		"unknown":                {"compress", "\x1f\x9d\x90", `its Content-Encoding "compress" is not known`},
		"a charset in its place": {"utf-8", text, `"utf-8" is not known`},
		"known, but around what": {"dcb, gzip", coded(t, "what", gzipped), `"dcb" is not known`},
		"not what it says":       {"gzip", text, "gzip, which cannot be undone"},
		"brotli that is none":    {"br", text, "br, which cannot be undone"},
		"zstandard that is none": {"zstd", text, "zstd, which cannot be undone"},
		"cut off":                {"gzip", coded(t, text, gzipped)[:30], "gzip, which cannot be undone"},
		"with a wrong checksum":  {"x-gzip", string(wrongSum), "x-gzip, which cannot be undone"},
		"too many":               {"gzip,gzip,gzip,gzip,gzip", "x", "names 5 codings; at most 4"},
		"a name without end":     {strings.Repeat("x", 5000), "x", "xxxxx\" is not known"},
		"growing from one to one": {"gzip,gzip",
			coded(t, coded(t, strings.Repeat("\x00", 8<<20), gzipped)+strings.Repeat(coded(t, "", gzipped), 60000), gzipped),
			"grows beyond 1024 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			receiver := newReceiver(t, answering(200, test.body,
				map[string]string{"Content-Encoding": test.coding, "Content-Type": "application/json"}))
			attempt, err := local(t, nil).Send(t.Context(), request(receiver.URL), 1)
			require.NoError(t, err, "it was delivered")
			require.Equal(t, acceptedCoding, receiver.last(t).Header.Get("Accept-Encoding"))
			if test.unreadable != "" {
				require.Contains(t, attempt.Unreadable, "the answer cannot be read: ")
				require.Contains(t, attempt.Unreadable, test.unreadable)
				require.Less(t, len(attempt.Unreadable), 200)
				require.Empty(t, attempt.Response.Body, "nothing is kept of what nobody can mask")
				require.Empty(t, attempt.Data)
				return
			}
			require.Empty(t, attempt.Unreadable)
			if test.body == "" {
				require.Equal(t, "is empty", attempt.NoObject)
				return
			}
			require.Equal(t, text, attempt.Response.Body)
			require.Equal(t, `"fail"`, string(attempt.Data["result"]))
		})
	}
}

// Contract, "Responses": an answer is read in its charset, and kept in UTF-8.
func TestAnswersAreConverted(t *testing.T) {
	t.Parallel()
	const text = `{"result":"fail","note":"Prüfung"}`
	in := func(encoder interface{ String(string) (string, error) }) string {
		encoded, err := encoder.String(text)
		require.NoError(t, err)
		return encoded
	}
	little, big := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder(),
		unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder()
	for name, test := range map[string]struct{ contentType, body, unreadable string }{
		"UTF-8":                       {"application/json", text, ""},
		"UTF-8, as it says":           {`application/json; charset="UTF-8"`, text, ""},
		"a byte order mark":           {"application/json; charset=utf-8", "\ufeff" + text, ""},
		"a mark, and no JSON by type": {"text/plain", "\ufeff \n" + text, ""},
		"Latin-1":                     {"application/json; charset=iso-8859-1", in(charmap.ISO8859_1.NewEncoder()), ""},
		"Windows-1252":                {"application/json;charset=Windows-1252", in(charmap.Windows1252.NewEncoder()), ""},
		"EBCDIC":                      {"application/json; charset=IBM037", in(charmap.CodePage037.NewEncoder()), ""},
		"UTF-16 with a mark":          {"application/json", "\xff\xfe" + in(little), ""},
		"UTF-16, the mark overrules":  {"application/json; charset=utf-8", "\xfe\xff" + in(big), ""},
		"UTF-16LE":                    {"application/json; charset=utf-16le", in(little), ""},
		"UTF-16BE":                    {"application/json; charset=utf-16be", in(big), ""},
		"UTF-16 without more":         {"application/json; charset=utf-16", in(big), ""},
		"UTF-16 without more, little": {"application/json; charset=utf-16", in(little), ""},
		"UTF-16 without a word":       {"", in(little), ""},
		"UTF-32 with a mark": {"application/json",
			"\xff\xfe\x00\x00" + in(utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM).NewEncoder()), ""},
		"a header that is not in order": {"application/json; x; charset='iso-8859-1'; charset=utf-8", in(charmap.ISO8859_1.NewEncoder()), ""},
		"unknown":                       {"application/json; charset=klingon", text, `its charset "klingon" is not known`},
		"unknown, and no JSON by type":  {"text/plain; charset=utf-7", text, `its charset "utf-7" is not known`},
		"Latin-1 that does not say so": {"application/json", in(charmap.ISO8859_1.NewEncoder()),
			"bytes that are not text in its charset at line 1, column 28"},
		"not what it says": {"application/json; charset=shift_jis", text[:27] + "\x81\x00" + text[29:],
			"bytes that are not text in its charset at line 1, column 28"},
		"UTF-16 with half a character":   {"application/json", "\xff\xfe" + in(little) + "}", "bytes that are not text"},
		"UTF-16, one character of ASCII": {"text/plain", "\x00{\xd8\x00", "is not valid JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			receiver := newReceiver(t, answering(200, test.body, map[string]string{"Content-Type": test.contentType}))
			attempt, err := local(t, nil).Send(t.Context(), request(receiver.URL), 1)
			require.NoError(t, err, "it was delivered")
			if test.unreadable != "" {
				require.Contains(t, attempt.Unreadable, test.unreadable)
				require.Empty(t, attempt.Data)
				return
			}
			require.Empty(t, attempt.Unreadable)
			require.Equal(t, text, strings.TrimSpace(attempt.Response.Body))
			require.Equal(t, latch.Object{"result": []byte(`"fail"`), "note": []byte(`"Prüfung"`)}, attempt.Data)
		})
	}
	japaneseText, err := japanese.ShiftJIS.NewEncoder().String("承認")
	require.NoError(t, err)
	receiver := newReceiver(t, answering(200, japaneseText, map[string]string{"Content-Type": "text/plain; charset=Shift_JIS"}))
	attempt, err := local(t, nil).Send(t.Context(), request(receiver.URL), 1)
	require.NoError(t, err)
	require.Equal(t, "承認", attempt.Response.Body, "text is converted too")
	require.Empty(t, attempt.Unreadable)
}

// Contract, "Responses": a body that is declared as JSON or begins like it, and cannot be
// parsed, gives an error with the reason and the position.
func TestUnreadableJSON(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 101) + strings.Repeat("]", 101)
	for _, row := range [][2]string{
		{`{"result":"fail","stop_release":true,"rate":NaN}`, "invalid character 'N' looking for beginning of value at line 1, column 45"},
		{"{\n  \"result\": \"fail\",\n}", "invalid character '}' looking for beginning of object key string at line 3, column 1"},
		{`{"result":"fail"`, "unexpected end of JSON input at line 1, column 16"},
		{`{'result':'fail'}`, `invalid character '\''`},
		{`{"result":"fail"} // no`, "invalid character '/' after top-level value at line 1, column 19"},
		{`{"result":"pass"}{"result":"fail"}`, "invalid character '{' after top-level value"},
		{`[{"result":"fail"}`, "unexpected end of JSON input"},
		{`{result:"fail"}`, "invalid character 'r'"},
		{"{\"ü\":1,\n\"note\":\"é\",\"rate\":Infinity}", "invalid character 'I' looking for beginning of value at line 2, column 19"},
		{"{\"note\":\"a\nb\"}", `invalid character '\n' in string literal`},
		{"\u00a0{\"result\":\"fail\"}", "invalid character"},
		{"{\"note\":\"\xff\"}", "bytes that are not text in its charset at line 1, column 10"},
		{deep, "it nests deeper than 100 levels at line 1, column 101"},
		{`{"a":` + strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 101), "it nests deeper than 100 levels"},
		{strings.Repeat("[", 30000), "exceeded max depth"},
		{`{"stop_release":true,"stop_release":false}`,
			`the key "stop_release" is given twice in one object, with another value at line 1, column 37`},
		{`{"a":[{"n":1,"b":2,"\u006e":1.0}]}`, `the key "n" is given twice`},
		{`{"a":{"x":[1]},"a":{"x":[1,2]}}`, `the key "a" is given twice`},
	} {
		body, want := row[0], row[1]
		for _, contentType := range []string{"application/json", "text/html", "", "application/problem+json; charset=utf-8"} {
			receiver := newReceiver(t, answering(200, body, map[string]string{"Content-Type": contentType}))
			attempt, err := local(t, nil).Send(t.Context(), request(receiver.URL), 1)
			require.NoError(t, err, body)
			require.Contains(t, attempt.Unreadable, want, "%s %.80s", contentType, body)
			require.True(t, strings.HasPrefix(attempt.Unreadable, "the answer "))
		}
	}
	for body, contentTypes := range map[string][]string{
		"<b>Notice</b>: x {\"result\":\"fail\"}": {"application/json", "text/json", "application/x-json",
			"Application/HAL+JSON;v=1", "text/html, application/json"},
		")]}'\n{\"result\":\"fail\"}": {"application/json; charset=utf-8"},
		"ok":                          {"application/json"},
	} {
		for _, contentType := range contentTypes {
			receiver := newReceiver(t, answering(200, body, map[string]string{"Content-Type": contentType}))
			attempt, err := local(t, nil).Send(t.Context(), request(receiver.URL), 1)
			require.NoError(t, err)
			require.Contains(t, attempt.Unreadable, "the answer is not valid JSON: invalid character", contentType)
		}
	}
}

// Contract, "Responses": neither a body that does not look like JSON, nor JSON of another form,
// is a failure by itself.
func TestReadableAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ body, contentType, noObject string }{
		{"", "", "is empty"}, {"", "application/json", "is empty"}, {" \r\n\ufeff", "application/json", "is empty"},
		{"ok", "text/plain", "is not JSON (text/plain)"}, {"<html>", "text/html", "is not JSON (text/html)"}, {"done.", "", "is not JSON"},
		{"ok", "text/plain; charset=klingon", "is not JSON (text/plain; charset=klingon)"},
		{"Pr\xfcfung", "text/plain", "is not JSON (text/plain)"},
		{`[{"result":"fail"}]`, "application/json", "is a JSON array, not an object"},
		{"null", "application/json", "is a JSON value, not an object"},
		{`"{}"`, "application/json", "is a JSON value, not an object"}, {"7", "text/plain", "is a JSON value, not an object"},
		{"{}", "application/json", ""}, {`{"a":1,"a": 1,"b":{"a":2}}`, "application/json", ""}, {` {"a":[[1,2],{"a":1}]}`, "text/html", ""},
		{`{"deep":` + strings.Repeat("[", 99) + strings.Repeat("]", 99) + "}", "application/json", ""},
	} {
		receiver := newReceiver(t, answering(200, test.body, map[string]string{"Content-Type": test.contentType}))
		attempt, err := local(t, nil).Send(t.Context(), request(receiver.URL), 1)
		require.NoError(t, err, test.body)
		require.Empty(t, attempt.Unreadable, test.body)
		require.Equal(t, test.noObject, attempt.NoObject, test.body)
	}
	receiver := newReceiver(t, answering(http.StatusNoContent, "", map[string]string{"Content-Type": "application/json"}))
	attempt, err := local(t, nil).Send(t.Context(), request(receiver.URL), 1)
	require.NoError(t, err)
	require.Empty(t, attempt.Unreadable)
	require.Equal(t, "is empty", attempt.NoObject)
}

// No record contains a secret, in any coding or charset of the answer, and neither does the
// error about an answer that cannot be read.
func TestSecretsAreMaskedInDecodedAnswers(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t-ü-value"
	wide, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(`{"echo":"` + secret + `"}`)
	require.NoError(t, err)
	bare, err := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().String(`echo ` + secret)
	require.NoError(t, err)
	latin, err := charmap.ISO8859_1.NewEncoder().String(`{"echo":"` + secret + `"}`)
	require.NoError(t, err)
	for name, header := range map[string]map[string]string{
		coded(t, `{"echo":"`+secret+`"}`, brotlied): {"Content-Encoding": "br"},
		wide:  {"Content-Type": "application/json"},
		bare:  {"Content-Type": "text/plain"},
		latin: {"Content-Type": "application/json; charset=iso-8859-1"},
		`{"` + secret + `":1,"` + secret + `":2}`: {"Content-Type": "application/json"},
		"<" + secret: {"Content-Type": "application/json; x=" + strings.ToUpper("y")},
		"x":          {"Content-Encoding": "s3cr3t-value-of-another"},
		"[":          {"Content-Type": "text/html; charset=s3cr3t-value-of-another"},
	} {
		receiver := newReceiver(t, answering(200, name, header))
		r := request(receiver.URL)
		r.Webhook.Secret = "board"
		r.Webhook.HeaderSecrets = map[string]string{"X-Other": "other"}
		attempt, err := local(t, map[string]string{"board": secret, "other": "s3cr3t-value-of-another"}).Send(t.Context(), r, 1)
		if err != nil {
			require.NotContains(t, err.Error(), "s3cr3t")
		}
		require.NotContains(t, string(rawjson.Encode(attempt)), "s3cr3t", "%q", name)
		require.NotContains(t, strings.ReplaceAll(attempt.Response.Body, "\x00", ""), "s3cr3t", "%q", name)
	}
}

// Contract, "Task": a field that the answer lacks never makes its success true.
func TestSuccessOverUnreadableAnswers(t *testing.T) {
	t.Parallel()
	const html, broken = "<html>Sign in</html>", `{"failed":3,}`
	for _, test := range []struct {
		success, contentType, coding, body string
		status                             int
		failed                             string // "" for a success
	}{
		{success: "response.data[?'failed'].orValue(0) == 0", contentType: "application/json", body: `{"failed":0}`},
		{success: "response.data[?'failed'].orValue(0) == 0", contentType: "application/json", body: "\ufeff{\"failed\":0}"},
		{success: "response.data[?'failed'].orValue(0) == 0", contentType: "application/json", body: "\ufeff{\"failed\":3}", failed: "is false"},
		{success: "response.data[?'failed'].orValue(0) == 0", body: broken,
			failed: "invalid character '}' looking for beginning of object key string at line 1, column 13"},
		{success: "response.data[?'failed'].orValue(0) == 0", contentType: "text/html", body: html,
			failed: "it reads response.data, and the answer is not JSON (text/html)"},
		{success: "response.data[?'failed'].orValue(0) == 0", contentType: "application/json",
			failed: "it reads response.data, and the answer is empty"},
		{success: "response.data[?'failed'].orValue(0) == 0", body: `{"failed":3,"failed":0}`, failed: `the key "failed" is given twice`},
		{success: "response[?'data'][?'failed'].orValue(0) == 0", contentType: "text/html", body: html, failed: "it reads response.data"},
		{success: "!has(response.data.failed)", contentType: "text/html", body: html, failed: "it reads response.data"},
		{success: "!(has(response.data) && response.data.failed > 0)", contentType: "text/html", body: html, failed: "it reads response.data"},
		{success: "response.data != {'failed': true}", contentType: "text/html", body: html, failed: "it reads response.data"},
		{success: "size(response) == 4", contentType: "text/html", body: html, failed: "it reads response.data"},

		{success: "response.status == 202 || response.data.state == 'done'", status: 202},
		{success: "response.status == 202 || response.data.state == 'done'", status: 202, body: broken},
		{success: "response.status == 202 || response.data.state == 'done'", status: 200,
			failed: "it reads response.data, and the answer is empty"},
		{success: "response.data == null || response.data.state == 'done'", contentType: "text/plain", body: "ok"},
		{success: "response.data == null", body: ""},
		{success: "response.data == null || response.data.state == 'done'", body: broken, failed: "invalid character '}'"},
		{success: "response.body.startsWith('o') && response.status == 200", contentType: "text/plain", body: "ok"},
		{success: "response.body.startsWith('{')", contentType: "application/json", body: broken},

		{success: "!response.body.contains('failed')", coding: "compress", body: "\x1f\x9d\x90",
			failed: `it reads response.body, and the answer cannot be read: its Content-Encoding "compress" is not known`},
		{success: "!response.body.contains('failed')", contentType: "text/plain; charset=klingon", body: "f",
			failed: `its charset "klingon" is not known`},
		{success: "!response.body.contains('Prüfung')", contentType: "text/plain; charset=iso-8859-1", body: "Pr\xfcfung", failed: "is false"},
		{success: "response.status == 200", coding: "compress", body: "\x1f\x9d\x90"},
	} {
		if test.status == 0 {
			test.status = 200
		}
		header := map[string]string{"Content-Type": test.contentType, "Content-Encoding": test.coding}
		receiver := newReceiver(t, answering(test.status, test.body, header))
		_, err := local(t, nil).Do(t.Context(),
			TaskRequest{Task: latch.HTTPTask{URL: receiver.URL, Success: test.success}, Variables: expr.Variables{}})
		r := request(receiver.URL)
		r.Webhook.Success = test.success
		_, sending := local(t, nil).Send(t.Context(), r, 1)
		if test.failed == "" {
			require.NoError(t, err, "%s over %q", test.success, test.body)
			require.NoError(t, sending)
			continue
		}
		require.ErrorContains(t, err, test.failed, "%s over %q", test.success, test.body)
		require.False(t, Retryable(err))
		require.ErrorContains(t, sending, test.failed)
	}
}

// The answers of chats and token endpoints are read like all others. If they cannot be read,
// they count neither as a success nor as free of errors.
func TestOtherReadersOfAnswers(t *testing.T) {
	t.Parallel()
	utf16 := "\xff\xfeo\x00k\x00"
	for _, test := range []struct {
		preset, body string
		header       map[string]string
		failed       string
	}{
		{latch.PresetSlack, "\ufeffok", nil, ""}, {latch.PresetSlack, utf16, nil, ""}, {latch.PresetSlack, "\ufeff{\"ok\":true}", nil, ""},
		{latch.PresetSlack, coded(t, "ok", brotlied), map[string]string{"Content-Encoding": "br"}, ""},
		{latch.PresetSlack, `{"ok":false,"ok":true}`, nil, "does not say ok"},
		{latch.PresetSlack, "ok", map[string]string{"Content-Encoding": "compress"}, "slack cannot be understood"},
		{latch.PresetTeams, "1", map[string]string{"Content-Type": "text/plain; charset=klingon"}, "teams cannot be understood"},
		{latch.PresetTeams, coded(t, "Webhook message delivery failed with error: HTTP error 410", zlibbed),
			map[string]string{"Content-Encoding": "deflate"}, "410"},
		{latch.PresetDiscord, "", nil, ""},
	} {
		receiver := newReceiver(t, answering(200, test.body, test.header))
		r := request(receiver.URL)
		r.Webhook.Preset, r.Webhook.Body = test.preset, []byte(`{"text":"x","content":"x"}`)
		_, err := local(t, nil).Send(t.Context(), r, 1)
		if test.failed == "" {
			require.NoError(t, err, "%s %q", test.preset, test.body)
		} else {
			require.ErrorContains(t, err, test.failed, "%s %q", test.preset, test.body)
		}
	}

	receiver := newReceiver(t, answering(429, "\ufeff{\"retry_after\": 7}", nil))
	_, err := local(t, nil).Send(t.Context(), request(receiver.URL), 1)
	delay, _ := RetryAfter(err)
	require.Equal(t, "7s", delay.String())

	for body, want := range map[string]string{
		"\ufeff{\"access_token\":\"t0ken\"}":      "",
		"{\"access_token\":\"t0ken\",}":           "invalid character '}'",
		`{"access_token":"a","access_token":"b"}`: `the key "access_token" is given twice`,
		"\xff\xfe{\x00}\x00":                      "no JSON object with access_token",
	} {
		tokens := newReceiver(t, answering(200, body, nil))
		receiver := newReceiver(t, nil)
		r := request(receiver.URL)
		r.Webhook.Auth = &latch.Auth{OAuth2: &latch.OAuth2{TokenURL: tokens.URL, ClientID: "me", ClientSecret: "client"}}
		_, err := local(t, map[string]string{"client": "client-secret"}).Send(t.Context(), r, 1)
		if want == "" {
			require.NoError(t, err)
			require.Equal(t, "Bearer t0ken", receiver.last(t).Header.Get("Authorization"))
			continue
		}
		require.ErrorContains(t, err, want)
	}
}
