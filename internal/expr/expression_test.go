package expr

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/vars"
)

// Contract, "Decisions": the defaults, and that a lacking key or a value of another type is no verdict.
func TestDefaultDecisions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		history        string
		rollback, stop bool
	}{
		{`{"result":"fail","data":{"rollback_release":true}}`, true, false},
		{`{"result":"fail","data":{"stop_release":true}}`, false, true},
		{`{"result":"fail","data":{"rollback_release":true,"stop_release":true}}`, true, true},
		{`{"result":"pass","data":{"rollback_release":true,"stop_release":true}}`, false, false},
		{`{"result":"fail","data":{}}`, false, false},
		{`{"result":"fail","data":{"rollback_release":"true","stop_release":1}}`, false, false},
		{`{"result":"fail","data":{"rollback_release":null,"stop_release":false}}`, false, false},
	} {
		t.Run(c.history, func(t *testing.T) {
			t.Parallel()
			for use, want := range map[Use]bool{RollbackRelease: c.rollback, StopRelease: c.stop} {
				e, err := Compile(use.Default(), use)
				require.NoError(t, err)
				require.Equal(t, []string{"history"}, e.Uses())
				got, err := e.Bool(variables("history", c.history))
				require.NoError(t, err)
				require.Equal(t, want, got, use.String())
			}
		})
	}
	require.Empty(t, When.Default())
}

// Contract, "Decisions": type-checked, bool or string; dyn is accepted.
func TestCompileChecksTypes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		source string
		use    Use
		wrong  string // the error's text, or "" if it compiles
	}{
		{`true`, When, ""},
		{`data.ready`, When, ""},
		{`data`, When, "when must be bool, this is map(string, dyn)"},
		{`event`, When, "when must be bool, this is string"},
		{`data[?'ready']`, When, ".orValue(…)"},
		{`1`, StopRelease, "stop_release must be bool"},
		{`'pass'`, RollbackRelease, "rollback_release must be bool"},
		{`'pass'`, Result, ""},
		{`history.data.verdict`, Result, ""},
		{`true`, Result, "result must be string, this is bool"},
		{`response.status == 204 && response.headers['X'] == 'y'`, Success, ""},
		{`response.status`, Success, ""},
		{`response.status + 1`, Success, "success must be bool, this is double"},
		{`true ? 1 : 2`, When, "when must be bool, this is int"},
		{`data.ready ? data.a : true`, When, ""},
		{`data.ready ? 'pass' : 'fail'`, Result, ""},
		{`'ok'`, Success, "success must be bool"},
	} {
		t.Run(c.source, func(t *testing.T) {
			t.Parallel()
			_, err := Compile(c.source, c.use)
			if c.wrong == "" {
				require.NoError(t, err)
				return
			}
			requireAt(t, err, 1, 1, c.wrong)
		})
	}
}

// Contract, "Templates" and "Decisions": which variables each expression sees.
func TestVariablesByUse(t *testing.T) {
	t.Parallel()
	for _, name := range vars.Names() {
		for _, use := range []Use{When, StopRelease, RollbackRelease, Success} {
			_, err := Compile("["+name+"] != []", use)
			require.NoError(t, err, "%s in %s", name, use)
		}
	}
	for _, c := range []struct {
		name string
		sees []Use
	}{
		{"history", []Use{StopRelease, RollbackRelease}},
		{"response", []Use{Success}},
		{"secrets", nil}, {"headers", nil}, {"webhooks", nil},
	} {
		for _, use := range []Use{When, StopRelease, RollbackRelease, Success} {
			_, err := Compile("size("+c.name+") >= 0", use)
			if slices.Contains(c.sees, use) {
				require.NoError(t, err, "%s in %s", c.name, use)
			} else {
				requireAt(t, err, 1, 6, "undeclared reference to '"+c.name+"'")
			}
		}
	}
}

// Contract, "Templates": a variable that does not apply is empty.
func TestAbsentVariablesAreEmpty(t *testing.T) {
	t.Parallel()
	for _, variable := range vars.In(vars.Templates) {
		if variable.Kind == vars.Moment {
			continue
		}
		name, want := variable.Name, map[string]string{"an object": "{}", "a string": `""`, "an array": "[]"}[variable.Kind.String()]
		for _, given := range []Variables{nil, variables(name, "null"), variables(name, " ")} {
			got, err := value(name, given)
			require.NoError(t, err)
			require.Equal(t, want, got, name)
		}
	}
}

func TestVariableOfAnotherType(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, json, wrong string }{
		{"event", `{}`, "the variable event is not a string"},
		{"records", `"x"`, "the variable records is not an array"},
		{"data", `[1]`, "the variable data is not an object"},
		{"jobs", string(Unknown("nobody has them")), "the variable jobs is not known: nobody has them"},
		{"data", `{"a":`, "the variable data is not JSON"},
	} {
		_, err := value("size("+c.name+")", variables(c.name, c.json))
		requireEval(t, err, "size("+c.name+")", c.wrong)
	}
}

func TestCompileErrorsHavePositions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		source       string
		line, column int
		message      string
	}{
		{"", 1, 1, "empty"},
		{" \n", 1, 1, "empty"},
		{"data.x ==", 1, 10, "Syntax error"},
		{"true &&\n  nope", 2, 3, "undeclared reference to 'nope'"},
		{"'ü' == nope", 1, 8, "undeclared reference"},
		{"data.x.matches('(')", 1, 16, "missing closing )"},
		{"data.x.matches('a{1000}b{1000}')", 1, 16, "instructions"},
		{"duration('x') == duration('1s')", 1, 10, "invalid duration argument"},
		{"google.protobuf.Value{} == null", 1, 22, "messages cannot be constructed"},
		{"now() == 1", 1, 4, "undeclared reference to 'now'"},
		{"a\xff", 0, 0, "not UTF-8"},
		{strings.Repeat("(", 200) + "true" + strings.Repeat(")", 200), 1, 1, "recursion limit"},
	} {
		_, err := Compile(c.source, When)
		requireAt(t, err, c.line, c.column, c.message)
		require.Contains(t, err.Error(), c.message)
	}
	_, err := Compile("nope", StopRelease)
	requireAt(t, err, 1, 1,
		"undeclared reference to 'nope'; the variables here are data, event, history, instance, job, jobs, lock, "+
			"lock_url, now, records, release, run, step, steps, system, target, vars, webhook")
	_, err = Compile("now() == 1", When)
	require.NotContains(t, err.Error(), "variables", "it is a function")
	require.NotContains(t, err.Error(), "container")
	_, err = Compile(strings.Repeat("x", MaxSource+1), When)
	require.ErrorIs(t, err, ErrTooLarge)
	require.Less(t, len(err.Error()), 500)
}

// The one environment: every extension is there, optional types too.
func TestLanguage(t *testing.T) {
	t.Parallel()
	vars := variables("data", `{"a":"x","n":3,"f":2.5,"list":[3,1,2],"t":"2024-05-06T07:08:09.5+02:00"}`, "job", `{}`)
	for _, c := range []struct{ source, want string }{
		{`job[?'title'].orValue('none')`, `"none"`},
		{`data.?a.orValue('y')`, `"x"`},
		{`data.?q.hasValue()`, `false`},
		{`data.?n.optMap(n, n + 1).orValue(0)`, `4`},
		{`'a,b'.split(',').join('-').upperAscii()`, `"A-B"`},
		{`'%s is %d'.format([data.a, data.n])`, `"x is 3"`},
		{`'abc'.replace('b', 'xx').reverse()`, `"cxxa"`},
		{`base64.encode(b'hi')`, `"aGk="`},
		{`string(base64.decode('aGk='))`, `"hi"`},
		{`math.greatest(1, data.n, 2)`, `3`},
		{`math.ceil(2.1)`, `3`},
		{`data.list.sort()`, `[1,2,3]`},
		{`data.list.sortBy(x, -x)`, `[3,2,1]`},
		{`[1, 2.5, 2].sort()`, `[1,2,2.5]`},
		{`lists.range(3)`, `[0,1,2]`},
		{`[1, [2, [3]]].flatten(2)`, `[1,2,3]`},
		{`[1, 1.0, 'a', 'a', [1], [1]].distinct()`, `[1,"a",[1]]`},
		{`data.list.slice(1, 3)`, `[1,2]`},
		{`data.list.reverse()`, `[2,1,3]`},
		{`data.list.first().value()`, `3`},
		{`data.list + [4] + data.list`, `[3,1,2,4,3,1,2]`},
		{`data.list.map(x, x * 2).filter(x, x > 2)`, `[6,4]`},
		{`[data.list, []].map(l, l + [0])`, `[[3,1,2,0],[0]]`},
		{`sets.contains(data.list, [1, 2])`, `true`},
		{`data.n < 3.5 && data.f > 2 && data.n == 3.0`, `true`},
		{`3 in data.list && 3.0 in data.list && !(9 in data.list) && 'a' in data`, `true`},
		{`has(data.a) && !has(data.q)`, `true`},
		{`data.a.matches('^[a-z]{1,3}$')`, `true`},
		{`data.a.matches(data.a)`, `true`},
		{`type(1) == int && type(data.n) == double && type(data) == map`, `true`},
		{`data.map(k, k)`, `["a","f","list","n","t"]`},
		{`{'b': 1, 'a': 2, 'c': 3}.map(k, k)`, `["a","b","c"]`},
		{`{2: 'b', 1: 'a', true: 'c'}`, `{"1":"a","2":"b","true":"c"}`},
		{`timestamp(data.t)`, `"2024-05-06T05:08:09.500Z"`},
		{`timestamp(data.t).getHours('Europe/Berlin')`, `7`},
		{`duration('90m')`, `"1h30m0s"`},
		{`b'\xff'`, `"/w=="`},
		{`18446744073709551615u`, `18446744073709551615`},
		{`type(1)`, `"int"`},
		{`null`, `null`},
		{`[?data.?q, ?data.?a]`, `["x"]`},
		{`json.encode({'b': [1, null], 'a': data.a})`, `"{\"a\":\"x\",\"b\":[1,null]}"`},
		{`true || 1 / 0 == 1`, `true`},
		{`data.list.all(x, x > 0) && data.list.exists_one(x, x == 1)`, `true`},
		{`-data.n + 5 % 3`, `-1`},
	} {
		got, err := value(c.source, vars)
		require.NoError(t, err, c.source)
		require.Equal(t, c.want, got, c.source)
	}
}

// Contract, "Templates": a key missing at run time fails, naming the expression.
func TestEvalErrors(t *testing.T) {
	t.Parallel()
	vars := variables("data", `{"list":[1],"s":"x","big":1e400,"1":"a"}`)
	for _, c := range []struct {
		source   string
		contains []string
	}{
		{`data.title`, []string{"data.title", "no such key: title", "[?'key'].orValue("}},
		{`data.list[3]`, []string{"index out of bounds: 3"}},
		{`data[?'title']`, []string{"no value", ".orValue("}},
		{`[data[?'title']]`, []string{"no value"}},
		{`1 / (data.list[0] - 1)`, []string{"division by zero"}},
		{`data.s + 1`, []string{"no such overload"}},
		{`data.s.size().x`, []string{"size"}},
		{`double(data.big)`, []string{"+Inf", "not a number that JSON has"}},
		{`{1: 'a', '1': 'b'}`, []string{`two keys that are "1"`}},
		{`{data.list: 1}`, []string{"keys of type list"}},
		{`[1, 'a'].sort()`, []string{"cannot sort by"}},
		{`[data].sort()`, []string{"cannot sort by"}},
		{`'x'.matches(data.s + '(')`, []string{"missing closing"}},
		{`optional.none().value()`, []string{"optional.none()"}},
		{`[1].slice(0, 5)`, []string{"list is length 1"}},
		{`lists.range(-1)`, []string{"non-negative"}},
		{`'%d'.format(['x'])`, []string{"string"}},
	} {
		_, err := value(c.source, vars)
		if err != nil && strings.Contains(err.Error(), "line 1") {
			continue // refused even earlier
		}
		requireEval(t, err, c.source, c.contains...)
	}
}

// Contract, "Decisions": dyn is checked at run time.
func TestBoolAtRunTime(t *testing.T) {
	t.Parallel()
	e, err := Compile("data.ready", When)
	require.NoError(t, err)
	got, err := e.Bool(variables("data", `{"ready":true}`))
	require.NoError(t, err)
	require.True(t, got)
	for _, ready := range []string{`"true"`, `1`, `null`, `[]`} {
		_, err = e.Bool(variables("data", `{"ready":`+ready+`}`))
		requireEval(t, err, "data.ready", "must be a bool")
	}
	_, err = e.Bool(nil)
	requireEval(t, err, "data.ready", "no such key: ready")
}

// Contract, "Decisions": a `result` other than "pass" or "fail" is one that failed.
func TestTextOfResult(t *testing.T) {
	t.Parallel()
	e, err := Compile("history.data.verdict", Result)
	require.NoError(t, err)
	for verdict, want := range map[string]string{`"pass"`: "pass", `"fail"`: "fail", `"ok"`: "", `true`: "", `null`: "",
		`""`: "", `"Pass"`: ""} {
		got, err := e.Text(variables("history", `{"data":{"verdict":`+verdict+`}}`))
		require.Equal(t, want, got)
		if want == "" {
			requireEval(t, err, "history.data.verdict", `must be "pass" or "fail"`)
		} else {
			require.NoError(t, err)
		}
	}
}

func TestUses(t *testing.T) {
	t.Parallel()
	e, err := Compile("job.id == data.id && records.exists(r, r.x == vars.x) && data.y", When)
	require.NoError(t, err)
	require.Equal(t, []string{"data", "job", "records", "vars"}, e.Uses())
	e.Uses()[0] = "changed"
	require.Equal(t, "data", e.Uses()[0])
}

// An expression is compiled once, and used by many.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	vars := variables("records", manyRecords(20), "data", `{"s":"w3"}`)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				e, err := Compile("records.exists(r, r.webhook.matches('^w[0-9]$') && r.webhook == data.s)", When)
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := e.Bool(vars); !got || err != nil {
					t.Error(got, err)
				}
			}
		})
	}
	group.Wait()
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	c := newCache[expressionKey, *Expression](2, 10)
	put := func(source string) {
		c.put(expressionKey{When, source}, &Expression{source: source, use: When}, len(source))
	}
	has := func(source string) bool { _, found := c.get(expressionKey{When, source}); return found }

	put("a")
	put("b")
	require.True(t, has("a")) // now the last used
	put("c")
	require.True(t, has("a"))
	require.False(t, has("b"))
	require.True(t, has("c"))

	put("123456789")
	require.True(t, has("123456789"))
	require.True(t, has("c"))
	put("x")
	put("0123456789012345") // more than the cache holds
	require.False(t, has("0123456789012345"))
	require.Zero(t, c.size)

	same, err := Compile("1 == 1", When)
	require.NoError(t, err)
	again, err := Compile("1 == 1", When)
	require.NoError(t, err)
	require.Same(t, same, again)
	other, err := Compile("1 == 1", Success)
	require.NoError(t, err)
	require.NotSame(t, same, other)
}
