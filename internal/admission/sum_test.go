//go:build !race

package admission_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/hang"
)

// requireQuick admits an input with little time and memory, and returns its problems. The memory
// belongs to the process, so no test may run in parallel.
func requireQuick(t *testing.T, decode func(string) error, input string) []string {
	t.Helper()
	var before, after runtime.MemStats
	var err error
	runtime.ReadMemStats(&before)
	took := hang.CPUTime(func() { err = decode(input) })
	runtime.ReadMemStats(&after)
	require.Less(t, took, 5*time.Second)
	require.Less(t, (after.TotalAlloc-before.TotalAlloc)>>20, uint64(200), "MiB")
	return lines(t, err)
}

// long is an expression of about 15 KB that no other is like.
func long(n int, compares string) string {
	return fmt.Sprintf("vars.n == %d", n) + strings.Repeat(" || vars.region == '"+compares+"'", 500)
}

// many are webhooks with the expressions at an event, one each.
func many(t *testing.T, event, field string, n int, expression func(int) string) string {
	t.Helper()
	webhooks := make([]string, n)
	for i := range webhooks {
		encoded, err := json.Marshal(expression(i))
		require.NoError(t, err)
		webhooks[i] = fmt.Sprintf(`{"id":"w%d","url":"https://example.com/","events":[{"event":%q,%q:%s}]}`, i, event, field, encoded)
	}
	return "[" + strings.Join(webhooks, ",") + "]"
}

const tooMuch = `^all expressions together have \d+ names, literals and operators, those that stand there twice ` +
	`counted once; the limit is 60000$`

// The sum of all expressions in one input is bounded, before any is compiled.
func TestTheSumOfExpressionsIsBounded(t *testing.T) {
	distinct := func(i int) string { return long(i, "eu") }
	for name, test := range map[string]struct{ kind, input string }{
		"a release": {"release", `{"id":"1",` + steps + `,"webhooks":` + many(t, "BEFORE_RELEASE", "when", 130, distinct) + `}`},
		"decisions": {"release",
			`{"id":"1",` + steps + `,"webhooks":` + many(t, "BEFORE_RELEASE", "stop_release", 130, distinct) + `}`},
		"a job": {"job", `{"id":"1",` + task + `,"webhooks":` + many(t, "JOB_START", "when", 130, distinct) + `}`},
		"a sequence": {"job",
			`{"id":"s","jobs":[{"id":"a",` + task + `,"webhooks":` + many(t, "JOB_START", "when", 65, distinct) +
				`},{"id":"b",` + task + `,"webhooks":` + many(t, "JOB_START", "when", 65, func(i int) string { return long(i+65, "eu") }) + `}]}`},
		"an emission": {"emission", `{"event":"CREATED","webhooks":` + many(t, "CREATED", "when", 130, distinct) + `}`},
		"a gate":      {"gate", `{"event":"CREATED","webhooks":` + many(t, "CREATED", "rollback_release", 130, distinct) + `}`},
		"bodies": {"release",
			`{"id":"1",` + steps + `,"webhooks":` +
				many(t, "BEFORE_RELEASE", "body", 130, func(i int) string { return `{"a":${` + long(i, "eu") + `}}` }) + `}`},
		"what compiles not": {"release",
			`{"id":"1",` + steps + `,"webhooks":` +
				many(t, "BEFORE_RELEASE", "when", 130, func(i int) string { return long(i, "eu") + " || nobody" }) + `}`},
		"short and different": {"release",
			`{"id":"1",` + steps + `,"webhooks":` +
				many(t, "BEFORE_RELEASE", "when", 1000,
					func(i int) string { return fmt.Sprintf("vars.n==%d", i) + strings.Repeat("||vars.m==1", 10) }) + `}`},
	} {
		t.Run(name, func(t *testing.T) {
			got := requireQuick(t, decoders[test.kind], test.input)
			require.Len(t, got, 1)
			require.Regexp(t, tooMuch, got[0])
		})
	}
}

// An input below the bound is admitted as quickly, and repeated texts do not count.
func TestExpressionsBelowTheSumAreAdmitted(t *testing.T) {
	same := func(int) string { return long(0, "us") }
	require.Empty(t, requireQuick(t, decoders["release"], `{"id":"1",`+steps+`,"webhooks":`+many(t, "BEFORE_RELEASE", "when", 130, same)+`}`))
	full := expr.MaxParts / expr.Parts(long(0, "us"))
	require.Greater(t, full, 10)
	require.Empty(t, requireQuick(t, decoders["release"],
		`{"id":"1",`+steps+`,"webhooks":`+many(t, "BEFORE_RELEASE", "when", full, func(i int) string { return long(i%10, "us") })+`}`))
	got := requireQuick(t, decoders["release"],
		`{"id":"1",`+steps+`,"webhooks":`+many(t, "BEFORE_RELEASE", "when", 500, func(int) string { return long(0, "us") + " || nobody" })+`}`)
	require.Len(t, got, 200, "what does not compile is told so often, and no oftener")
	require.Contains(t, got[0], "undeclared reference to 'nobody'")
}

// A registered webhook is held to the same.
func TestTheSumOfARegisteredWebhookIsBounded(t *testing.T) {
	var headers []string
	for i := range 50 {
		encoded, err := json.Marshal("${" + long(i, "eu") + "}")
		require.NoError(t, err)
		headers = append(headers, fmt.Sprintf(`"X-%d":%s`, i, encoded))
	}
	decode := func(s string) error { _, err := admission.DecodeRegisteredWebhook([]byte(s)); return err }
	got := requireQuick(t, decode,
		`{"id":"w","url":"https://example.com/","event":"BEFORE_RELEASE","headers":{`+strings.Join(headers, ",")+`}}`)
	require.Regexp(t, tooMuch, got[len(got)-1])
}

// A map in a comprehension doubles its type with every level. That takes no time, in any input.
func TestBombsAreAdmittedQuickly(t *testing.T) {
	for n := 8; n <= 40; n += 8 {
		for _, level := range []string{".map(x,{x:x})", ".map(x,{?x:optional.of(x)})", ".map(x,{true?x:x:x})", ".map(x,[x,x])"} {
			bomb := "size([1]" + strings.Repeat(level, n) + ") > 0"
			for kind, input := range map[string]string{
				"release": release(`"events":[{"event":"BEFORE_RELEASE","when":"` + bomb + `"}]`),
				"job":     job(`{"http":{"url":"https://example.com/${` + bomb + `}"}}`),
				"emission": `{"event":"CREATED",
					"webhooks":[{"id":"w","url":"https://example.com/",
						"events":[{"event":"CREATED","body":{"a":"${` + bomb + `}"}}]}]}`,
			} {
				require.Empty(t, requireQuick(t, decoders[kind], input), bomb)
			}
		}
	}
}

// Workflow code has one second before Temporal takes it for stuck.
func TestFiveHundredWebhooksAreAdmittedQuickly(t *testing.T) {
	data := largeRelease()
	var err error
	took := hang.CPUTime(func() { _, err = admission.DecodeRelease(data) })
	require.NoError(t, err)
	require.Less(t, took, 5*time.Second)
}
