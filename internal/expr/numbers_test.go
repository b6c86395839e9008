package expr

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// Contract, "Templates": numbers go out with the digits they came in with.
func TestNumbersKeepTheirDigits(t *testing.T) {
	t.Parallel()
	numbers := []string{
		"0", "-0", "1", "-1", "1.0", "1.10", "-0.0", "0.1", "1e2", "1E+2", "1e-7", "100000000000000000000",
		"9007199254740993123", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
		"18446744073709551615", "1e400", "-1e400", "1e-400", "0.30000000000000004", "3.141592653589793238462643383279",
	}
	// Each way in which a number is only passed on. %s is the resulting number.
	ways := []struct{ source, want string }{
		{`data.n`, `%s`},
		{`data['n']`, `%s`},
		{`data`, `{"list":[%[1]s,{"n":%[1]s}],"n":%[1]s}`},
		{`data.list[0]`, `%s`},
		{`data.list[1].n`, `%s`},
		{`true ? data.n : 0`, `%s`},
		{`data[?'n'].orValue(0)`, `%s`},
		{`data.?n`, `%s`},
		{`data.?q.or(data.?n).value()`, `%s`},
		{`data.?n.optMap(n, [n])`, `[%s]`},
		{`optional.of(data.n)`, `%s`},
		{`[data.n, 'x']`, `[%s,"x"]`},
		{`{'k': data.n}`, `{"k":%s}`},
		{`{'k': [data.n]}.k[0]`, `%s`},
		{`dyn(data.n)`, `%s`},
		{`[data.n].map(x, x)`, `[%s]`},
		{`data.list.filter(x, true)[0]`, `%s`},
		{`[data.n] + [data.n]`, `[%[1]s,%[1]s]`},
		{`[data.n].sort()`, `[%s]`},
		{`[data.n].sortBy(x, 1)`, `[%s]`},
		{`[data.n, data.n].distinct()`, `[%s]`},
		{`[data.n].reverse()`, `[%s]`},
		{`[data.n].slice(0, 1)`, `[%s]`},
		{`[[data.n]].flatten()`, `[%s]`},
		{`[data.n].first()`, `%s`},
		{`[data.n].last().value()`, `%s`},
		{`[data.?n].unwrapOpt()`, `[%s]`},
		{`string(data.n)`, `"%s"`},
		{`json.encode(data.n)`, `"%s"`},
	}
	for _, n := range numbers {
		t.Run(n, func(t *testing.T) {
			t.Parallel()
			vars := variables("data", `{"n":`+n+`,"list":[`+n+`,{"n":`+n+`}]}`)
			for _, way := range ways {
				got, err := value(way.source, vars)
				require.NoError(t, err, way.source)
				require.Equal(t, fmt.Sprintf(way.want, n), got, way.source)
			}
			for place, want := range map[Place]string{InText: "n=" + n, InHeader: "n=" + n} {
				got, err := render("n=${data.n}", place, vars)
				require.NoError(t, err)
				require.Equal(t, want, got)
			}
			got, err := render(`{"in":"${data.n}","out":${data.n}}`, InJSON, vars)
			require.NoError(t, err)
			require.Equal(t, `{"in":"`+n+`","out":`+n+`}`, got)
		})
	}
}

// Computations use CEL's own numbers, in any position, and print them as JSON does.
func TestNumbersCompute(t *testing.T) {
	t.Parallel()
	vars := variables("data", `{"a":1.10,"b":2.50,"i":3,"one":1.0,"zero":-0,"big":1e400,"list":[1.10,2.50,3],"map":{"x":1.10}}`)
	for _, c := range []struct{ source, want string }{
		{`data.a * 2.0`, `2.2`},
		{`data.a + data.b`, `3.6`},
		{`-data.a`, `-1.1`},
		{`data.a == 1.1 && 1.1 == data.a && data.a != 2.0`, `true`},
		{`data.a < 2 && 2 > data.a && data.one == 1 && data.zero == 0`, `true`},
		{`data.list == [1.1, 2.5, 3.0]`, `true`},
		{`[1.1, 2.5, 3.0] == data.list`, `true`},
		{`[[1.1]] == [[data.a]] && {'x': 1.1} == data.map && data.map == {'x': 1.1}`, `true`},
		{`optional.of(1.1) == data.?a`, `true`},
		{`1.1 in data.list && data.a in [1.1] && data.one in data.list == false`, `true`},
		{`sets.contains(data.list, [1.1]) && sets.intersects([1.1], [data.a]) && sets.equivalent([1.1], [data.a])`, `true`},
		{`[2.5, data.b, data.a].distinct()`, `[2.5,1.10]`},
		{`[data.b, data.i, data.a].sort()`, `[1.10,2.50,3]`},
		{`[data.b, data.a].sortBy(x, -x)`, `[2.50,1.10]`},
		{`math.greatest(data.a, data.b)`, `2.50`},
		{`math.least(data.list)`, `1.10`},
		{`math.ceil(data.a)`, `2`},
		{`int(data.a) + data.i`, `4`},
		{`double(data.i)`, `3`},
		{`data.list[data.one]`, `2.50`},
		{`data.list[?data.one].orValue(0)`, `2.50`},
		{`data.list[data.zero]`, `1.10`},
		{`'%.2f %s'.format([data.a, data.a])`, `"1.10 1.1"`},
		{`data.big > 1e308`, `true`},
		{`optional.ofNonZeroValue(data.zero).hasValue() || optional.ofNonZeroValue(data.one).hasValue()`, `true`},
		{`1.10`, `1.1`},
		{`1e21`, `1e+21`},
		{`100.0`, `100`},
		{`0.1 + 0.2`, `0.30000000000000004`},
		{`data.a == 1.1 ? data.a : data.b`, `1.10`},
		{`1.1 == data.a ? data.a : data.b`, `1.10`},
	} {
		got, err := value(c.source, vars)
		require.NoError(t, err, c.source)
		require.Equal(t, c.want, got, c.source)
	}
}

// A computed number is printed as encoding/json prints it.
func TestComputedNumbersArePrintedAsJSONHasThem(t *testing.T) {
	t.Parallel()
	for _, f := range []float64{0, math.Copysign(0, -1), 1, -1.5, 0.1, 100, 1e20, 1e21, -1e21, 1e-6, 9.99e-7, 1e-7, 1.25e-9, 1e-10, 1e-100,
		1e100, 123456789012345680000, math.MaxFloat64, math.SmallestNonzeroFloat64, 1 << 53} {
		want, err := json.Marshal(f)
		require.NoError(t, err)
		got, err := appendDouble([]byte("e-0"), f)
		require.NoError(t, err)
		require.Equal(t, "e-0"+string(want), string(got))
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		_, err := appendDouble(nil, f)
		require.Error(t, err)
	}
}
