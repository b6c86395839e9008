package expr

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const versionData = `{"v":"v1.10.0","w":"1.9.0","bad":"latest","n":1.10,"list":["1.10.0","1.9.0","1.9.0-rc.1","v1.9.0+b"],"none":null}`

// Contract, "Templates": semver(x) compares by precedence (semver.org, section 11).
func TestVersionsCompareByPrecedence(t *testing.T) {
	t.Parallel()
	rising := []string{"0.0.1", "0.9.9", "v1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
		"1.0.0-rc.1", "v1.0.0", "1.9.0", "1.10.0-rc.9", "1.10.0", "1.10.1", "2.0.0", "10.0.0"}
	require.False(t, slices.IsSorted(rising), "as texts they are in another order")
	for i, a := range rising {
		for j, b := range rising {
			vars := variables("data", `{"a":`+quoted(a)+`,"b":`+quoted(b)+`}`)
			for operator, want := range map[string]bool{"<": i < j, "<=": i <= j, ">": i > j, ">=": i >= j, "==": i == j, "!=": i != j} {
				e, err := Compile("semver(data.a) "+operator+" semver(data.b)", When)
				require.NoError(t, err)
				got, err := e.Bool(vars)
				require.NoError(t, err)
				require.Equal(t, want, got, "%s %s %s", a, operator, b)
			}
		}
	}
}

func TestVersionsAreTakenApartAndPrinted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ source, want string }{
		{`semver('1.10.0') >= semver('1.9.0')`, `true`},
		{`semver(data.v) == semver('1.10.0')`, `true`},
		{`semver('1.0.0+a') == semver('1.0.0+b')`, `true`},
		{`semver(data.v).major()`, `1`},
		{`semver(data.v).minor() + 1`, `11`},
		{`semver('1.2.3-rc.4').patch()`, `3`},
		{`semver(data.v).major() == semver(data.w).major()`, `true`},
		{`semver(data.v)`, `"v1.10.0"`},
		{`'is ' + string(semver(data.v))`, `"is v1.10.0"`},
		{`json.encode({'v': semver(data.v)})`, `"{\"v\":\"v1.10.0\"}"`},
		{`data.list.map(v, semver(v)).sort()`, `["1.9.0-rc.1","1.9.0","v1.9.0+b","1.10.0"]`},
		{`data.list.sortBy(v, semver(v)).first().value()`, `"1.9.0-rc.1"`},
		{`semver(data.v) in [semver('1.9.0'), semver('1.10.0')]`, `true`},
		{`data.list.exists(v, semver(v) > semver('2.0.0'))`, `false`},
		{`semver(data[?'missing'].orValue('0.0.0')) < semver('0.0.1')`, `true`},
		{`semver(data.v) == data.none`, `false`},
		{`type(semver(data.v))`, `"semver"`},
	} {
		got, err := value(c.source, variables("data", versionData))
		require.NoError(t, err, c.source)
		require.Equal(t, c.want, got, c.source)
	}
	got, err := render("now at ${semver(data.v)}", InText, variables("data", versionData))
	require.NoError(t, err)
	require.Equal(t, "now at v1.10.0", got)
}

// An invalid version is an error that says so, never a "no".
func TestWhatIsNoVersionIsAnError(t *testing.T) {
	t.Parallel()
	const noVersion = "is not a semantic version such as 1.10.0 or v1.10.0-rc.1"
	for source, want := range map[string]string{
		`semver(data.bad) > semver('1.0.0')`:                                 `"latest" ` + noVersion,
		`semver('') > semver('1.0.0')`:                                       `"" ` + noVersion,
		`semver('1') > semver('1.0.0')`:                                      `"1" ` + noVersion,
		`semver('1.2') > semver('1.0.0')`:                                    `"1.2" ` + noVersion,
		`semver('1.2.3.4') > semver('1.0.0')`:                                noVersion,
		`semver('1.02.3') > semver('1.0.0')`:                                 noVersion,
		`semver(' 1.2.3') > semver('1.0.0')`:                                 noVersion,
		`semver('vv1.2.3') > semver('1.0.0')`:                                noVersion,
		`semver('1.2.3-') > semver('1.0.0')`:                                 noVersion,
		`semver('1.2.-3') > semver('1.0.0')`:                                 noVersion,
		`semver('18446744073709551615.0.0').major() > 0`:                     "more than 63 bits",
		`semver('1.0.0-` + strings.Repeat("x", 300) + `') > semver('1.0.0')`: noVersion,
		`semver(data.n) > semver('1.0.0')`:                                   "semver takes a string",
		`semver(data.none) > semver('1.0.0')`:                                "semver takes a string",
		`semver(data.v) >= data.w`:                                           "write semver(…) on both sides",
		`data.w <= semver(data.v)`:                                           "write semver(…) on both sides",
		`semver(data.v) == data.w`:                                           "write semver(…) on both sides",
		`data.w == semver(data.v)`:                                           "write semver(…) on both sides",
		`data.w != semver(data.v)`:                                           "write semver(…) on both sides",
		`semver(data.v) in data.list`:                                        "write semver(…) on both sides",
		`data.w in [semver(data.v)]`:                                         "write semver(…) on both sides",
		`data.w.major() == 1`:                                                "no such overload: major(string)",
	} {
		e, err := Compile(source, When)
		require.NoError(t, err, source)
		_, err = e.Bool(variables("data", versionData))
		requireEval(t, err, source, want)
		require.Less(t, len(err.Error()), 1000)
	}
	for source, want := range map[string]string{
		`semver(1.10) > semver('1.0.0')`: "no matching overload for 'semver'",
		`semver('1.0.0') >= '1.0.0'`:     "no matching overload for '_>=_'",
		`semver('1.0.0') == '1.0.0'`:     "never equal",
		`semver('1.0.0').major > 1`:      "write major(), minor() or patch()",
	} {
		_, err := Compile(source, When)
		require.ErrorContains(t, err, want, source)
	}
}
