package eventbatch_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/eventbatch"
)

// Encode refuses what the run would refuse, and nothing else.
func TestEncodeAgreesWithTheRun(t *testing.T) {
	t.Parallel()
	nested := func(depth int) string { return strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth) }
	const events = 100 // which have more parts together than a run may compile
	long := func(n int) string {
		return fmt.Sprintf(`{"event":"PING","webhooks":[{"id":"a","url":"https://example.com","events":[{"event":"PING","result":"%d == 1%s ? 'a' : 'b'"}]}]}`,
			n, strings.Repeat(" || data.x == 1", 150))
	}
	var same, different []string
	for n := range events {
		same, different = append(same, long(0)), append(different, long(n))
	}
	for name, test := range map[string]struct {
		bodies  []string
		refused string
	}{
		"plain":                {[]string{`{"event":"PING"}`, `{"event":"PONG","data":{"a":"<&>"}}`}, ""},
		"as deep as it can be": {[]string{`{"event":"PING","data":` + nested(97) + `}`, `{"event":"PING"}`}, ""},
		"too deep together":    {[]string{`{"event":"PING","data":` + nested(98) + `}`, `{"event":"PING"}`}, "nests deeper than 100 levels"},
		"the same expression":  {same, ""},
		"too many expressions": {different, "all expressions together have"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var events []eventbatch.Event
			for _, body := range test.bodies {
				emission, err := admission.DecodeEmission([]byte(body))
				require.NoError(t, err, "alone")
				events = append(events, eventbatch.Event{ID: eventbatch.NewID(), Emission: emission, Body: []byte(body)})
			}
			input, err := eventbatch.Encode(events, func(e eventbatch.Event) eventbatch.Event { return e })
			_, run := admission.DecodeEmissionBatch(input)
			if test.refused == "" {
				require.NoError(t, err)
				require.NoError(t, run)
				return
			}
			require.ErrorContains(t, err, test.refused)
			require.ErrorContains(t, run, test.refused)
		})
	}
}
