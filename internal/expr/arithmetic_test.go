package expr

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// numbers are data in an endpoint's form: JSON does not distinguish 200 from 200.0.
const numbers = `{"n":5,"f":1.5,"one":1.0,"zero":0,"neg":-5,"p95":200,"errors":8,"total":100,"e":1e3,"epoch":1700000000,
	"id":9007199254740993,"huge":12345678901234567890,"inf":1e400,"list":[3,1,2],"text":"hello","digits":"5"}`

// Contract, "Templates": a number in the data is a double, or an int only if a double could not
// represent it exactly.
func TestNumberTypes(t *testing.T) {
	t.Parallel()
	for n, want := range map[string]string{
		"0": "double", "-0": "double", "7": "double", "1.0": "double", "1e2": "double", "1e400": "double",
		"9007199254740991": "double", "9007199254740992": "double", "9007199254740994": "double",
		"9007199254740993": "int", "-9007199254740993": "int", "9223372036854775807": "int",
		"1152921504606846976": "double", "9223372036854775808": "double", "-9223372036854775808": "double",
		"12345678901234567890": "double", // more than 64 bits
	} {
		got, err := value("type(data.n)", variables("data", `{"n":`+n+`}`))
		require.NoError(t, err)
		require.Equal(t, `"`+want+`"`, got, n)
	}
}

// Contract, "Templates": arithmetic may mix ints and doubles.
func TestArithmeticMixesIntsAndDoubles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ source, want string }{
		{`data.p95 * 1.2 > 239.9`, `true`},
		{`data.p95 * 1.2 > 300`, `false`},
		{`data.errors / data.total`, `0.08`},
		{`data.errors / data.total > 0.05`, `true`},
		{`data.n + 1`, `6`},
		{`1 + data.n`, `6`},
		{`data.n - 1`, `4`},
		{`2 * data.n`, `10`},
		{`data.n / 2`, `2.5`},
		{`-data.n`, `-5`},
		{`data.n + data.f`, `6.5`},
		{`data.n % 2`, `1`},
		{`data.n % 2 == 1`, `true`},
		{`data.n % 2.5`, `0`},
		{`data.neg % 3`, `-2`}, // of the dividend's sign, as with ints
		{`-5 % 3`, `-2`},
		{`7 % 2.5`, `2`},
		{`1 + 1.5`, `2.5`},
		{`1.5 - 1`, `0.5`},
		{`2u * 1.5`, `3`},
		{`size(data.list) * 1.5`, `4.5`},
		{`dyn(1) + 1.5`, `2.5`},
		{`data.list.map(x, x * 2)`, `[6,2,4]`},
		{`data.list.filter(x, x % 2 == 1)`, `[3,1]`},
		{`data.list.map(x, x + 0.5).sort()`, `[1.5,2.5,3.5]`},
		{`data.list + [1]`, `[3,1,2,1]`},
		// Ints without doubles compute as ints, as in CEL.
		{`7 / 2`, `3`},
		{`7 % 2`, `1`},
		{`size(data.list) / 2`, `1`},
		{`int(data.p95) / 100`, `2`},
		{`data.id + 1`, `9007199254740994`},
		// -0 is only printed if it was sent.
		{`-data.zero`, `0`},
		{`data.zero * data.neg`, `0`},
	} {
		got, err := value(c.source, variables("data", numbers))
		require.NoError(t, err, c.source)
		require.Equal(t, c.want, got, c.source)
	}
}

// Contract, "Templates": `${data.n + 1}` prints 6, and digits that are only selected stay.
func TestComputedNumbersPrintAsTheyAre(t *testing.T) {
	t.Parallel()
	vars := variables("data", numbers)
	for source, want := range map[string]string{
		"${data.n + 1}":                                    "6",
		"${data.one} ${data.e} ${data.huge}":               "1.0 1e3 12345678901234567890",
		"${data.one + 1} ${data.e + 1}":                    "2 1001",
		"${data.one + 1}${data.f + 0.5}":                   "22",
		"${string(data.n + 1)}":                            "6",
		"${string(data.e * 1000)}":                         "1000000",
		"${json.encode([data.n + 1, data.one])}":           "[6,1.0]",
		"${'%d %s %x'.format([data.n, data.n, 9])}":        "5 5 9",
		"${'%x %b %.1f'.format([data.n, data.n, data.n])}": "5 101 5.0",
	} {
		got, err := render(source, InText, vars)
		require.NoError(t, err, source)
		require.Equal(t, want, got, source)
	}
}

// Contract, "Templates": a function or an index that expects an int accepts a whole double.
func TestWholeDoublesAreTakenForInts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ source, want string }{
		{`data.list[data.one]`, `1`},
		{`data.list[data.n - 4]`, `1`},
		{`data.list[size(data.list) - data.one]`, `2`},
		{`data.list[?data.n].orValue(0)`, `0`},
		{`[1, 2, 3][0.5 + 0.5]`, `2`},
		{`[1, 2, 3][math.floor(data.f)]`, `2`},
		{`data.text.charAt(data.one)`, `"e"`},
		{`'hello'.charAt(1.0)`, `"e"`},
		{`data.text.substring(data.one, data.n - 1)`, `"ell"`},
		{`'hello'.substring(math.floor(data.f))`, `"ello"`},
		{`data.text.indexOf('l', data.n - 2)`, `3`},
		{`data.text.lastIndexOf('l', data.n - 2)`, `3`},
		{`data.text.replace('l', 'L', data.one)`, `"heLlo"`},
		{`'a,b,c'.split(',', data.one + 1)`, `["a","b,c"]`},
		{`lists.range(data.n)`, `[0,1,2,3,4]`},
		{`data.list.slice(data.one, data.n - 2)`, `[1,2]`},
		{`[[1], [[2]]].flatten(data.one)`, `[1,[2]]`},
		{`timestamp(data.epoch)`, `"2023-11-14T22:13:20.000Z"`},
		{`math.bitAnd(data.n, 4)`, `4`},
		{`{5: 'a'}[data.n]`, `"a"`},
		{`{data.n: 'a'}[5]`, `"a"`},
		{`{data.n: 'a'}`, `{"5":"a"}`},
		{`5 in {data.n: 1} && data.n in {5: 1} && 5.0 in {5: 1}`, `true`},
		{`data.n in [1, 5] && !(data.n in [1, 2]) && 5 in [data.n]`, `true`},
		{`data.n == 5 && 5 == data.n && data.n == 5.0 && 1 == 1.0 && data.n == 5u`, `true`},
		{`data.list == [3, 1, 2] && sets.contains(data.list, [1])`, `true`},
		{`int(data.n) == 5 && uint(data.n) == 5u && double(data.digits) == 5`, `true`},
		// And the other way round.
		{`math.ceil(data.n) + math.floor(1) + math.round(size(data.list))`, `9`},
		{`math.isNaN(1)`, `false`},
		{`math.greatest(1, data.n)`, `5`},
		{`math.sqrt(4)`, `2`},
	} {
		got, err := value(c.source, variables("data", numbers))
		require.NoError(t, err, c.source)
		require.Equal(t, c.want, got, c.source)
	}
}

// A number that is computed wrongly is an error, never a "no".
func TestNumbersThatAreNoneAreErrors(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`data.list[data.f] == 1`:                  "unsupported index value 1.5 in list; an index of a list is a whole number",
		`data.text.substring(data.f) == ''`:       "substring wants a whole number, this is 1.5",
		`lists.range(data.n / 2) == []`:           "lists.range wants a whole number, this is 2.5",
		`timestamp(data.f) == timestamp(0)`:       "timestamp wants a whole number, this is 1.5",
		`lists.range(data.huge) == []`:            "lists.range wants a whole number, this is 1.2345678901234567e+19",
		`data.errors / data.zero > 0.05`:          "division by zero",
		`data.zero / data.zero > 0.05`:            "division by zero",
		`data.n / 0 > 1`:                          "division by zero",
		`data.n % 0 == 0`:                         "division by zero",
		`5.0 / 0.0 > 1.0`:                         "division by zero",
		`1 / (size(data.list) - 3) > 0`:           "division by zero",
		`5 % (size(data.list) - 3) > 0`:           "modulus by zero",
		`data.inf * 2 > 1`:                        "the result is +Inf, which is not a number that JSON has",
		`data.inf - data.inf > 1`:                 "the result is NaN, which is not a number that JSON has",
		`1e308 * 10 > 1`:                          "the result is +Inf",
		`double('NaN') > 0.05`:                    "the result is NaN",
		`math.sqrt(data.neg) > 1`:                 "the result is NaN",
		`data.n + data.digits == '5'`:             "no such overload: _+_(double, string)",
		`data.text * 2 == 2`:                      "no such overload: _*_(string, int)",
		`9223372036854775807 + int(data.one) > 0`: "integer overflow",
		`{5: 'a', data.n: 'b'}[5] == 'a'`:         "the map has the key 5 twice",
	} {
		e, err := Compile(source, When)
		require.NoError(t, err, source)
		_, err = e.Bool(variables("data", numbers))
		requireEval(t, err, source, want)
	}
	e, err := Compile(`data.inf > 1e308`, When)
	require.NoError(t, err)
	got, err := e.Bool(variables("data", numbers))
	require.NoError(t, err)
	require.True(t, got, "a number of the data that is too large for a double is larger than all others")
}

// Contract, "Decisions": type-checked. A comparison that can never be equal is an error at
// compile time.
func TestTypesThatNeverEqualAreRefused(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`event == 1`:             "'==' compares a value of type string with one of type int; they are never equal",
		`1 != 'a'`:               "'!=' compares a value of type int with one of type string",
		`event in [1, 2]`:        "'in' compares a value of type string with one of type int",
		`1 in {'a': 1}`:          "'in' compares a value of type int with one of type string",
		`event == null`:          "'==' compares a value of type string with one of type null_type",
		`[1] == ['a']`:           "'==' compares a value of type list(int) with one of type list(string)",
		`event + 1 == 'a'`:       "found no matching overload for '_+_' applied to '(string, int)'",
		`event ? true : false`:   "found no matching overload for '_?_:_'",
		`1.all(x, true)`:         "expression of type 'int' cannot be range of a comprehension",
		`[1].all(x, x)`:          "expected type 'bool' but found 'int'",
		`'a'.charAt('b') == 'c'`: "found no matching overload for 'charAt'",
	} {
		_, err := Compile(source, When)
		require.ErrorContains(t, err, want, source)
	}
	for _, source := range []string{`data.x == 1`, `1 == 1.0`, `1u in [1.5]`, `null == null`, `[] == [1]`,
		`event in []`, `event in data.list`, `type(data.n) == double`, `duration('1s') == null`, `[1, 'a'] == [1]`, `{} == {'a': 1}`} {
		_, err := Compile(source, When)
		require.NoError(t, err, source)
	}
}

// The error of = for ==, and of other operators from other languages, has a hint.
func TestSyntaxErrorsHint(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`data.n = 5`:                 "; write == to compare",
		`data.n=5`:                   "; write == to compare",
		`true && event === 'a'`:      "; write == to compare",
		`'a = b' = event`:            "; write == to compare",
		`size(event = 'a') > 1`:      "; write == to compare",
		`data.a & data.b`:            "; write && for and",
		`data.a | data.b`:            "; write || for or",
		`data.a and data.b`:          "; write && for and",
		`data.a == 1 OR data.b == 2`: "; write || for or",
	} {
		_, err := Compile(source, When)
		require.ErrorContains(t, err, want, source)
	}
	_, err := CompileTemplate("a ${data.n = 5} b", InText)
	requireAt(t, err, 1, 12, "; write == to compare")
	_, err = Compile(`'a = b' == `, When)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "write ==")
}
