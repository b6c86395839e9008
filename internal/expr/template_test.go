package expr

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The webhook body of the Mitto page renders to exactly the text on the page.
func TestMittoSlackBody(t *testing.T) {
	t.Parallel()
	const body = "{ \n" +
		`  "text": "Job Complete!: ${system['fqdn']} - ${job['title']}\nhttps://${system['fqdn']}/#!/job/${job['id']}" ` + "\n}"
	template, err := CompileTemplate(body, InJSON)
	require.NoError(t, err)
	require.Equal(t, []string{"job", "system"}, template.Uses())
	got, err := template.Render(variables("system", `{"fqdn":"stage.zuarbase.net"}`, "job", `{"title":"Webhooks!","id":"22739"}`))
	require.NoError(t, err)
	var decoded struct{ Text string }
	require.NoError(t, json.Unmarshal([]byte(got), &decoded))
	require.Equal(t, "Job Complete!: stage.zuarbase.net - Webhooks!\nhttps://stage.zuarbase.net/#!/job/22739", decoded.Text)
}

// Contract, "Templates": how a value is escaped, depending on its place.
func TestRender(t *testing.T) {
	t.Parallel()
	vars := variables(
		"job", `{"title":"T","nasty":"a\"b\\c\nd\te\u2028<&>ü😀","empty":""}`,
		"data", `{"n":1.10,"b":true,"nil":null,"o":{"z":1,"a":[1.0,null]},"s":"a b&c=d/e?f#g%h+i;j","dollar":"${job.title}"}`,
		"event", `"JOB_SUCCESS"`,
	)
	for _, c := range []struct {
		name, source string
		place        Place
		want         string
	}{
		{"plain text", "hello", InText, "hello"},
		{"empty", "", InText, ""},
		{"a value", "<${job.title}>", InText, "<T>"},
		{"two values side by side", "${job.title}${event}", InText, "TJOB_SUCCESS"},
		{"a string is itself", "${job.nasty}", InText, "a\"b\\c\nd\te\u2028<&>ü😀"},
		{"null is empty", "[${data.nil}]", InText, "[]"},
		{"bool", "${data.b}", InText, "true"},
		{"an object is compact JSON", "${data.o}", InText, `{"a":[1.0,null],"z":1}`},
		{"JSON without HTML escapes", "${[job.nasty]}", InText, `["a\"b\\c\nd\te\u2028<&>ü😀"]`},
		{"an absent variable", "${lock}|${records}|${step}", InText, "|[]|{}"},
		{"bytes, time, duration, type", "${b'hi'} ${timestamp('2024-01-02T03:04:05Z')} ${duration('90s')} ${type(1)}",
			InText, "aGk= 2024-01-02T03:04:05.000Z 1m30s int"},
		{"an escaped dollar", "$${job.title} ${job.title}", InText, "${job.title} T"},
		{"dollars", "$ $$ $x {$} } ${'$'}", InText, "$ $$ $x {$} } $"},
		{"a dollar before an escaped one", "$$${job.title}", InText, "$${job.title}"},
		{"one pass", "${data.dollar} ${'$' + '{event}'}", InText, "${job.title} ${event}"},
		{"braces in an expression", "${ {'a': {'b': job.title}}.a.b }!", InText, "T!"},
		{"braces in strings", `${'}' + "}" + '{'}`, InText, "}}{"},
		{"escaped quotes in strings", `${'\'}' + "\"}"}`, InText, `'}"}`},
		{"triple quotes", `${'''a'}"''' + """'}"b"""}`, InText, `a'}"'}"b`},
		{"raw strings", `${r'\' + R"}\" + r'''\'}'''}`, InText, `\}\\'}`},
		{"raw bytes", `${string(br'\}') + string(b'\x7d')}`, InText, `\}}`},
		{"a comment", "${job.title // a } in a comment\n}!", InText, "T!"},
		{"over lines", "${\n  job\n  .title\n}", InText, "T"},

		{"JSON string content", `{"t":"<${job.nasty}>"}`, InJSON, `{"t":"<a\"b\\c\nd\te\u2028<&>ü😀>"}`},
		{"JSON values", `{"s":${job.title},"n":${data.n},"o":${data.o},"b":${data.b},"z":${data.nil},"l":[${event},${event}]}`, InJSON,
			`{"s":"T","n":1.10,"o":{"a":[1.0,null],"z":1},"b":true,"z":null,"l":["JOB_SUCCESS","JOB_SUCCESS"]}`},
		{"JSON in a JSON string", `{"t":"${data.o}"}`, InJSON, `{"t":"{\"a\":[1.0,null],\"z\":1}"}`},
		{"null in a JSON string", `{"t":"${data.nil}"}`, InJSON, `{"t":""}`},
		{"a JSON key", `{"${job.title}":1,${event}:2}`, InJSON, `{"T":1,"JOB_SUCCESS":2}`},
		{"all of the JSON", ` ${data.o} `, InJSON, ` {"a":[1.0,null],"z":1} `},
		{"quotes in an expression in a JSON string", `{"t":"${job["title"]}"}`, InJSON, `{"t":"T"}`},
		{"JSON escapes in an expression", `{"t":"${job[\"title\"]}"}`, InJSON, `{"t":"T"}`},
		{"more JSON escapes", `{"t":"${\"}\" + \"a\\tb\" + \"\u00fc\ud83d\ude00\" + job[\"title\"]}"}`, InJSON, `{"t":"}a\tbü😀T"}`},
		{"CEL escapes in an expression", `{"t":"${'a\n\"b\'' + job.title}"}`, InJSON, `{"t":"a\n\"b'T"}`},
		{"a string after an escaped quote", `{"t":"\"${job.title}\\","u":${job.title}}`, InJSON, `{"t":"\"T\\","u":"T"}`},
		{"an escaped dollar in JSON", `{"t":"$${x}"}`, InJSON, `{"t":"${x}"}`},

		{"a form", "a=${data.s}&b=${job.nasty}&c=${data.n}", InForm,
			"a=a+b%26c%3Dd%2Fe%3Ff%23g%25h%2Bi%3Bj&b=a%22b%5Cc%0Ad%09e%E2%80%A8%3C%26%3E%C3%BC%F0%9F%98%80&c=1.10"},
		{"a whole form", "${data.s}", InForm, "a+b%26c%3Dd%2Fe%3Ff%23g%25h%2Bi%3Bj"},

		{"XML", `<a b='${job.nasty}'>${data.n}<!-- ${event} --></a>`, InMarkup,
			"<a b='a&#34;b\\c&#xA;d&#x9;e\u2028&lt;&amp;&gt;ü😀'>1.10<!-- JOB_SUCCESS --></a>"},
		{"an apostrophe in XML", `<a b='${"it's"}'/>`, InMarkup, `<a b='it&#39;s'/>`},
		{"a character that XML does not have", `<a>${"\u0007"}</a>`, InMarkup, "<a>\uFFFD</a>"},
		{"a CDATA section", `<a><![CDATA[<b>${'<&>"'}]]>${'<'}<![CDATA[${'>'}]]>${'>'}</a>`, InMarkup,
			`<a><![CDATA[<b><&>"]]>&lt;<![CDATA[>]]>&gt;</a>`},
		{"the end of a CDATA section", `<![CDATA[${"a]]>b\u0007"}]]>`, InMarkup, "<![CDATA[a]]]]><![CDATA[>b\uFFFD]]>"},
		{"a whole document", `${'<a>' + job.title + '</a>'}`, InMarkup, `<a>T</a>`},

		{"a header", "Bearer\t${job.title}ü", InHeader, "Bearer\tTü"},

		{"a URL's path, query and fragment", "https://h:1/p/${data.s}/q?a=${data.s}#${data.s}", InURL,
			"https://h:1/p/a%20b%26c%3Dd%2Fe%3Ff%23g%25h%2Bi%3Bj/q?a=a%20b%26c%3Dd%2Fe%3Ff%23g%25h%2Bi%3Bj#a%20b%26c%3Dd%2Fe%3Ff%23g%25h%2Bi%3Bj"},
		{"a whole URL", "${'https://h/' + data.s}", InURL, "https://h/a b&c=d/e?f#g%h+i;j"},
		{"a URL's query at once", "https://h?${event}", InURL, "https://h?JOB_SUCCESS"},
		{"a static URL", "https://h/$${x}", InURL, "https://h/${x}"},
		{"dots in a query", "https://h/a?${'..'}#${'.'}", InURL, "https://h/a?..#."},
		{"dots in a longer segment", "https://h/v${'..'}/${'...'}", InURL, "https://h/v../..."},
		{"an empty segment", "https://h/a/${job.empty}/b", InURL, "https://h/a//b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := render(c.source, c.place, vars)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

// Contract, "Templates": a template that does not compile is refused before anything starts,
// with its position.
func TestTemplateCompileErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, source string
		place        Place
		line, column int
		message      string
	}{
		{"unclosed", "a ${job.title", InText, 1, 3, "no closing }"},
		{"unclosed on a later line", "a\nü ${'}'", InText, 2, 3, "no closing }"},
		{"closed only in a comment", "${job // }", InText, 1, 1, "no closing }"},
		{"closed only in a string", "${'}", InText, 1, 1, "no closing }"},
		{"empty", "a${}", InText, 1, 4, "empty"},
		{"unknown variable", "ab\ncd ${job.id} ${nope}", InText, 2, 16, "undeclared reference to 'nope'"},
		{"unknown variable on the expression's second line", "x${1 +\n nope}", InText, 2, 2, "undeclared reference to 'nope'"},
		{"history is not for templates", "${history.result}", InText, 1, 3, "undeclared reference to 'history'"},
		{"behind JSON escapes", `{"t":"${\"ü\" == nope}"}`, InJSON, 1, 18, "undeclared reference to 'nope'"},
		{"not UTF-8", "a\xff", InText, 0, 0, "not UTF-8"},

		{"no JSON", `{"a":1,}`, InJSON, 1, 8, "not JSON"},
		{"no JSON behind a value", "{\"a\":\"${event}\",\n  b:1}", InJSON, 2, 3, "not JSON"},
		{"JSON cut off", `{"a":${event}`, InJSON, 1, 14, "not JSON"},
		{"text in JSON", `hello ${event}`, InJSON, 1, 1, "not JSON"},
		{"two values in one place", `{"a":${event}${event}}`, InJSON, 1, 14, "not JSON"},
		{"a half number", `{"a":1${event}}`, InJSON, 1, 7, "not JSON"},
		{"a half escape", `{"a":"\u00${event}41"}`, InJSON, 1, 11, "not JSON"},
		{"behind a backslash", `{"a":"\${event}"}`, InJSON, 1, 8, "backslash"},
		{"an open string", `{"a":"${event}}`, InJSON, 1, 16, "not JSON"},

		{"newline in a header", "a\n${event}", InHeader, 1, 2, `'\n'`},
		{"null in a header", "a${event}\x00", InHeader, 1, 10, `'\x00'`},
		{"a half percent-escape in a form", "a=%${event}", InForm, 1, 4, "percent-escape"},
		{"a half percent-escape in a URL", "https://h/%2${event}", InURL, 1, 13, "percent-escape"},
		{"the host", "https://${event}/a", InURL, 1, 9, "scheme or host"},
		{"a part of the host", "https://h.${event}.com/a", InURL, 1, 11, "scheme or host"},
		{"the port", "https://h:${event}/a", InURL, 1, 11, "scheme or host"},
		{"the user", "https://${event}@h/a", InURL, 1, 9, "scheme or host"},
		{"the end of the host", "https://h${event}", InURL, 1, 10, "scheme or host"},
		{"the scheme", "${event}://h/a", InURL, 1, 1, "scheme or host"},
		{"the base", "${event}/a", InURL, 1, 1, "scheme or host"},
		{"two at once", "${event}${event}", InURL, 1, 1, "scheme or host"},
		{"no scheme", "//h/${event}", InURL, 1, 5, "scheme or host"},
		{"a backslash in the host", `https://h\${event}/`, InURL, 1, 11, "scheme or host"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := CompileTemplate(c.source, c.place)
			requireAt(t, err, c.line, c.column, c.message)
			var compileErr *CompileError
			require.ErrorAs(t, err, &compileErr)
			require.Equal(t, c.source, compileErr.Source)
		})
	}
}

func TestTemplateReportsAllErrors(t *testing.T) {
	t.Parallel()
	_, err := CompileTemplate("${nope1} ${event} ${nope2}", InText)
	require.ErrorContains(t, err, "line 1, column 3: undeclared reference to 'nope1'")
	require.ErrorContains(t, err, "line 1, column 21: undeclared reference to 'nope2'")
}

// An error that depends on values occurs at rendering, and names the expression.
func TestTemplateEvalErrors(t *testing.T) {
	t.Parallel()
	vars := variables("data", `{"n":1,"crlf":"a\r\nb","nul":"\u0000","del":"\u007f","dots":"..","dot":".","empty":""}`)
	for _, c := range []struct {
		name, source string
		place        Place
		at, message  string
	}{
		{"a missing key", "a${data.nope}", InText, "data.nope", "no such key: nope"},
		{"a missing key in JSON", `{"a":${data.nope}}`, InJSON, "data.nope", "no such key: nope"},
		{"CR and LF in a header", "a: ${data.crlf}", InHeader, "data.crlf", `'\r'`},
		{"CR and LF in a whole header", "${data.crlf}", InHeader, "data.crlf", `'\r'`},
		{"NUL in a header", "${data.nul}", InHeader, "data.nul", `'\x00'`},
		{"DEL in a header", "${data.del}", InHeader, "data.del", `'\x7f'`},
		{"a number as a JSON key", `{${data.n}:1}`, InJSON, `{${data.n}:1}`, "no valid JSON"},
		{"dots as a path segment", "https://h/a/${data.dots}/b", InURL, "data.dots", "path segment"},
		{"dots at a path's end", "https://h/a/${data.dots}", InURL, "data.dots", "path segment"},
		{"a dot before a query", "https://h/${data.dot}?a", InURL, "data.dot", "path segment"},
		{"dots of two values", "https://h/${data.dot}${data.dot}/b", InURL, "data.dot", "path segment"},
		{"dots of a value and the text", "https://h/.${data.dot}/b", InURL, "data.dot", "path segment"},
		{"dots of the text, encoded", "https://h/%2e${data.dot}/b", InURL, "data.dot", "path segment"},
		{"dots beside an empty value", "https://h/..${data.empty}/b", InURL, "data.empty", "path segment"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			template, err := CompileTemplate(c.source, c.place)
			require.NoError(t, err)
			_, err = template.Render(vars)
			requireEval(t, err, c.at, c.message)
		})
	}
}

func TestStatic(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{"": "", "a": "a", "$${a} $": "${a} $"} {
		template, err := CompileTemplate(source, InText)
		require.NoError(t, err)
		require.True(t, template.Static())
		require.Empty(t, template.Uses())
		got, err := template.Render(nil)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	template, err := CompileTemplate("a${event}", InText)
	require.NoError(t, err)
	require.False(t, template.Static())
}

// Text that is not UTF-8, which only escapes of JSON can produce, becomes U+FFFD everywhere.
func TestInvalidUnicode(t *testing.T) {
	t.Parallel()
	vars := variables("data", `{"s":"a\ud800b"}`)
	for place, source := range map[Place]string{InText: "${data.s}", InHeader: "${data.s}", InJSON: `"${data.s}"`,
		InForm: "${data.s}", InURL: "https://h/${data.s}", InMarkup: "<a>${data.s}</a>"} {
		got, err := render(source, place, vars)
		require.NoError(t, err)
		decoded, err := url.QueryUnescape(got)
		require.NoError(t, err)
		require.Contains(t, decoded, "a\uFFFDb", place.String())
	}
	// The last byte of a template may be a dollar, of an expression a backslash.
	got, err := render("a$", InText, nil)
	require.NoError(t, err)
	require.Equal(t, "a$", got)
	_, err = CompileTemplate(`{"a":"${\`, InJSON)
	require.ErrorContains(t, err, "no closing }")
	require.False(t, strings.Contains(err.Error(), "panic"))
}
