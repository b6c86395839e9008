package expr

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var fuzzVariables = variables("data", `{"s":"a\"b\\c\nd/e?f#g%h&i=j","n":1.10,"o":{"k":[1,null]}}`, "event", `"E"`,
	"records", `[{"webhook":"w","data":{}}]`, "job", `{"title":"T"}`)

// No source makes any template, tree or expression panic, or produce more than its limit.
func FuzzTemplateNoPanic(f *testing.F) {
	for _, seed := range []string{
		"", "$", "${", "${}", "$${", "$$${event}", "${event}", "a ${data.s} b", `${'}'}`, `${"\"}"}`, `${r'\'}`, `${'''}'''}`,
		"${event // }\n}", `{"a":"${job[\"title\"]}"}`, `{"a":"\${event}"}`, `{"${event}":${data.n}}`, "https://h/${data.s}?a=${data.n}",
		"${data.map(k, k)}", "${records.map(r, r.?data.orValue(1)).sort()}", "${[1,1.0,'a'].distinct()}", "${'%s'.format([data])}",
		"${lists.range(100).map(x, 'ab'.replace('', 'cd')).join('-').split('')}", "${b'\\xff'}${1u}${1e300*1e300}", "${{data.o: 1}}",
		"${'x'.matches('a{2,3}')}", "${optional.of(data.?q)}", "${json.encode(data)}", "\xff${", "${\\", `{"a":"${\u`,
		"${google.protobuf.Value{}}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		for place := InText; place <= InJSON; place++ {
			if template, err := CompileTemplate(source, place); err == nil {
				if out, err := template.Render(fuzzVariables); err == nil {
					require.LessOrEqual(t, len(out), MaxOutput)
				}
			}
		}
		for use := When; use <= Success; use++ {
			e, err := Compile(source, use)
			if err != nil {
				continue
			}
			if use == Result {
				_, _ = e.Text(fuzzVariables)
			} else {
				_, _ = e.Bool(fuzzVariables)
			}
		}
		for _, value := range []string{source, quoted(source)} {
			if tree, err := CompileTree(json.RawMessage(value)); err == nil {
				if out, err := tree.Render(fuzzVariables); err == nil {
					require.True(t, json.Valid(out), "%q", out)
				}
			}
		}
	})
}

// A JSON template that renders always produces valid JSON, whatever the template and its
// values.
func FuzzJSONTemplateStaysValid(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"a":"${data.v}"}`, `"x"`}, {`{"a":${data.v}}`, `"x"`}, {`{${data.v}:1}`, `1`}, {`{"a":"\u00${data.v}"}`, `"41"`},
		{`${data.v}`, `{"a":[1.10]}`},
		{`[${data.v},"${data.v}"]`, `"\",\"x\":1"`}, {`"\\${data.v}"`, `"n"`}, {`{"a":"${data[\"v\"]}"}`, `"\\"`},
		{`1${data.v}`, `2`}, {`{"a":"\ud83d${data.v}"}`, `"\ude00"`},
		{`{"a":"$${data.v}"}`, `null`}, {`{"a":${string(data.v)}}`, `-0`}, {`[${data.?v}]`, `1e999`}, {`{"a":"${data.v}}`, `"\"}"`},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, source, v string) {
		if !json.Valid([]byte(v)) {
			v = quoted(v)
		}
		out, err := render(source, InJSON, variables("data", `{"v":`+v+`}`))
		if err == nil {
			require.True(t, json.Valid([]byte(out)), "%q with %q gives %q", source, v, out)
		}
	})
}

// No value breaks out of its place: parsed again, it is the same value, and nothing around it
// has changed.
func FuzzNoBreakout(f *testing.F) {
	for _, seed := range []string{
		"", "x", `"`, `\`, `\"`, `","b":"`, "\n", "\r\nX-Evil: 1", "\x00", "\u2028", "a b", "&c=1", "=", "+", "%", "%2f",
		"/", "../..", ".", "..", "?q", "#f", "@h", ":", ";", "é", "😀", "\xff", "${event}", "</script>",
	} {
		f.Add(seed)
	}
	compile := func(source string, place Place) *Template {
		template, err := CompileTemplate(source, place)
		require.NoError(f, err)
		return template
	}
	inString := compile(`{"a":"<${data.v}>","b":"end"}`, InJSON)
	inValue := compile(`{"a":${data.v},"b":"end"}`, InJSON)
	inForm := compile("a=${data.v}&b=end", InForm)
	inURL := compile("https://host/p/${data.v}/q?a=${data.v}&b=end#${data.v}", InURL)
	inHeader := compile("<${data.v}>", InHeader)
	inMarkup := compile(`<r a="${data.v}" b='${data.v}'><t>${data.v}</t><c><![CDATA[<${data.v}>]]></c></r>`, InMarkup)
	f.Fuzz(func(t *testing.T, v string) {
		v = strings.ToValidUTF8(v, "\uFFFD")
		vars := variables("data", `{"v":`+quoted(v)+`}`)

		for template, want := range map[*Template]string{inString: "<" + v + ">", inValue: v} {
			out, err := template.Render(vars)
			require.NoError(t, err)
			var decoded map[string]string
			require.NoError(t, json.Unmarshal([]byte(out), &decoded))
			require.Equal(t, map[string]string{"a": want, "b": "end"}, decoded)
		}

		markup, err := inMarkup.Render(vars)
		require.NoError(t, err)
		var document struct {
			A string `xml:"a,attr"`
			B string `xml:"b,attr"`
			T string `xml:"t"`
			C string `xml:"c"`
		}
		require.NoError(t, xml.Unmarshal([]byte(markup), &document), "%s", markup)
		characters := strings.Map(xmlCharacter, v)
		require.Equal(t, characters, document.A)
		require.Equal(t, characters, document.B)
		require.Equal(t, characters, document.T)
		lines := strings.NewReplacer("\r\n", "\n", "\r", "\n") // as XML reads the ends of lines
		require.Equal(t, "<"+lines.Replace(characters)+">", document.C)

		out, err := inForm.Render(vars)
		require.NoError(t, err)
		form, err := url.ParseQuery(out)
		require.NoError(t, err)
		require.Equal(t, url.Values{"a": {v}, "b": {"end"}}, form)

		out, err = inURL.Render(vars)
		if v == "." || v == ".." {
			require.ErrorContains(t, err, "path segment")
		} else {
			require.NoError(t, err)
			u, err := url.Parse(out)
			require.NoError(t, err)
			require.Equal(t, "host", u.Host)
			require.Nil(t, u.User)
			require.Equal(t, "/p/"+v+"/q", u.Path)
			require.Equal(t, 3, strings.Count(u.EscapedPath(), "/"), u.EscapedPath())
			require.Equal(t, url.Values{"a": {v}, "b": {"end"}}, u.Query())
			require.Equal(t, v, u.Fragment)
		}

		out, err = inHeader.Render(vars)
		if strings.ContainsFunc(v, isControl) {
			require.ErrorContains(t, err, "header")
		} else {
			require.NoError(t, err)
			require.Equal(t, "<"+v+">", out)
			header := http.Header{"A": {out}, "B": {"end"}}
			var wire strings.Builder
			require.NoError(t, header.Write(&wire))
			require.Equal(t, "A: <"+v+">\r\nB: end\r\n", wire.String())
		}
	})
}
