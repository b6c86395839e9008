package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/attach"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// theBoard is an enforced gate for releases, jobs and an event.
const theBoard = `{"id":"board","enforced":true,"skip_groups":["managers"],"events":[
	{"event":"BEFORE_RELEASE","blocking":true,"lock_timeout":"4h","approvals":[{"groups":["sre"],"count":2}],"allow_self":false,"reject":"quorum",
		"stop_release":"history.data.risk == 'high'","on_timeout":"rollback"},
	{"event":"JOB_START","blocking":true},{"event":"DEPLOYED","blocking":true}]}`

func registered(t testing.TB, sources ...string) []latch.RegisteredWebhook {
	t.Helper()
	var webhooks []latch.RegisteredWebhook
	for _, source := range sources {
		webhook, err := admission.DecodeRegisteredWebhook([]byte(source))
		require.NoError(t, err)
		webhooks = append(webhooks, *webhook)
	}
	return webhooks
}

// admitted is the result of admission: the problems of the input, or the webhooks of its run.
func admitted(kind latch.Kind, data []byte, enforced []latch.RegisteredWebhook) (latch.Problems, []protocol.AttachedWebhook) {
	var request protocol.AdmitRequest
	encoded, err := json.Marshal(protocol.AdmitRequest{Kind: kind, Input: data}) // as it arrives at the worker
	if err != nil || json.Unmarshal(encoded, &request) != nil {
		return latch.Problems{{Message: "no JSON"}}, nil
	}
	read, err := decode(request)
	if err != nil {
		return latch.Problems{{Message: err.Error()}}, nil
	}
	var answer protocol.Admission
	read.attach(enforced, &answer)
	var own struct {
		Webhooks []latch.Webhook `json:"webhooks"`
	}
	if err := latch.Unmarshal(data, &own); err != nil { // as the workflow reads it
		return latch.Problems{{Message: err.Error()}}, nil
	}
	return answer.Problems, attach.Merge(own.Webhooks, answer.Webhooks)
}

// Whatever an author writes in a file, its run is refused, or has the enforced gate with all that was
// registered of what decides.
func FuzzAnEnforcedGateStays(f *testing.F) {
	const release = `{"id":"r","vars":{},"steps":[{"name":"a","do":{"http":{"url":"https://example.com"}}}],"webhooks":[%s]}`
	const job = `{"id":"j","tags":["x"],"task":{"http":{"url":"https://example.com"}},"webhooks":[%s]}`
	for _, own := range []string{
		``, `{"id":"board","enabled":false,"event":"RELEASE_SUCCESS","url":"https://example.com"}`,
		`{"id":"Board","events":[{"event":"BEFORE_RELEASE","blocking":true}]}`,
		`{"id":"board","id":"other","event":"A","url":"https://example.com"}`, `{"ID":"board"}`,
		`{"id":"bo\u0061rd","enabled":false,"events":[{"event":"BEFORE_RELEASE","blocking":true}]}`,
		`{"id":" board","events":[{"event":"BEFORE_RELEASE","blocking":true}]}`, `{"id":"board\u0000"}`, `null`,
		`{"id":"x","enforced":true,"event":"A"}`,
	} {
		for _, spec := range []string{release, job, `{"event":"DEPLOYED","webhooks":[%s]}`} {
			f.Add(fmt.Appendf(nil, spec, own))
		}
	}
	f.Add([]byte(`{"id":"all",
		"jobs":[{"id":"one","jobs":["other"],
			"webhooks":[{"id":"board","event":"JOB_START","url":"https://example.com"}]}]}`))
	enforced := registered(f, theBoard, `{"id":"audit","url":"https://example.com","event":"RELEASE_SUCCESS"}`)
	f.Fuzz(func(t *testing.T, data []byte) {
		for kind, event := range map[latch.Kind]string{latch.ReleaseKind: "BEFORE_RELEASE", latch.JobKind: "JOB_START",
			latch.EmissionKind: "DEPLOYED"} {
			problems, webhooks := admitted(kind, data, enforced)
			if len(problems) > 0 || kind == latch.EmissionKind && !fires(data, event) {
				continue
			}
			require.Equal(t, "board", webhooks[0].ID, "nothing goes before it")
			require.True(t, webhooks[0].Enforced)
			settings, listens := webhooks[0].On(event)
			require.True(t, listens)
			as, _ := enforced[0].On(event)
			as.OnError = latch.Stop // unless it is given
			if kind == latch.EmissionKind {
				as.StopRelease, as.RollbackRelease = "", "" // nothing is decided there
			}
			require.Equal(t, as, settings)
			require.Equal(t, enforced[0].SkipGroups, webhooks[0].SkipGroups)
			for _, other := range webhooks[1:] {
				require.NotEqual(t, "board", strings.ToLower(other.ID))
			}
		}
	})
}

func fires(data []byte, event string) bool {
	var emission latch.Emission
	return latch.Unmarshal(data, &emission) == nil && emission.Event == event
}

// An enforced gate that does not block stops a release if it cannot be asked: a missing
// variable must not open it.
func TestEnforcedGateFailsClosed(t *testing.T) {
	t.Parallel()
	const release = `{"id":"r","steps":[{"name":"a","do":{"http":{"url":"https://example.com"}}}]}`
	for name, each := range map[string]struct{ gate, onError string }{
		"enforced":      {`"enforced":true,"events":[{"event":"BEFORE_RELEASE","body":{"team":"${vars.team}"}}]`, latch.Stop},
		"not enforced":  {`"events":[{"event":"BEFORE_RELEASE"}]`, latch.Continue},
		"its own word":  {`"enforced":true,"events":[{"event":"BEFORE_RELEASE","on_error":"continue"}]`, latch.Continue},
		"when fails":    {`"enforced":true,"when":"vars.team == 'a'","events":[{"event":"BEFORE_RELEASE"}]`, latch.Stop},
		"the last word": {`"enforced":true,"events":[{"event":"BEFORE_RELEASE","on_error":"rollback"}]`, latch.Rollback},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problems, webhooks := admitted(latch.ReleaseKind, []byte(release),
				registered(t, `{"id":"gate","url":"https://example.com",`+each.gate+`}`))
			require.Empty(t, problems)
			settings, listens := webhooks[0].On("BEFORE_RELEASE")
			require.True(t, listens)
			require.Equal(t, each.onError, latch.WithDefaults(settings).OnError)
		})
	}
}

// However many webhooks a release has, the enforced ones are not cut off.
func TestEnforcedGateAmongManyWebhooks(t *testing.T) {
	t.Parallel()
	var own []string
	for i := range 1000 {
		own = append(own, fmt.Sprintf(`{"id":"own-%d","url":"https://example.com","event":"BEFORE_RELEASE"}`, i))
	}
	release := `{"id":"r","steps":[{"name":"a","do":{"http":{"url":"https://example.com"}}}],"webhooks":[` + strings.Join(own, ",") + `]}`
	problems, webhooks := admitted(latch.ReleaseKind, []byte(release), registered(t, theBoard))
	require.Empty(t, problems)
	require.Len(t, webhooks, 1001)
	require.Equal(t, "board", webhooks[0].ID)
}

// A run does not begin without its enforced gate if the registry cannot be read. It only begins
// without one if nothing is registered.
func TestUnreadRegistryAdmitsNothing(t *testing.T) {
	t.Parallel()
	for name, each := range map[string]struct {
		err    error
		admits bool
	}{
		"out of reach":       {serviceerror.NewUnavailable("no connection"), false},
		"no answer":          {context.DeadlineExceeded, false},
		"denied":             {serviceerror.NewPermissionDenied("no", ""), false},
		"namespace":          {serviceerror.NewNamespaceNotFound("shop"), false},
		"internal":           {serviceerror.NewInternal("oops"), false},
		"nothing registered": {serviceerror.NewNotFound("schedule not found"), true},
		"server without any": {serviceerror.NewUnimplemented("unknown method DescribeSchedule"), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			temporal := &runstest.Temporal{Schedules: runstest.Schedules{Err: each.err}}
			store := registry.New(registry.Options{Service: temporal.WorkflowService})
			var answer protocol.Admission
			err := New(Options{}).consult(t.Context(), store, &input{kind: latch.ReleaseKind}, 0, &answer)
			require.Equal(t, each.admits, err == nil, "%v", err)
		})
	}
}

// Registered webhooks do not receive events about deliveries, so no other event may be fired in
// the same way.
func TestOnlyEventsAboutDeliveriesAreFiredAsSuch(t *testing.T) {
	t.Parallel()
	for event, problem := range map[string]string{"DELIVERY_EXHAUSTED": "", "ENDPOINT_GONE": "",
		"DEPLOYED": `event: "DEPLOYED" is no event about a delivery`, "": "event"} {
		_, err := decode(protocol.AdmitRequest{Kind: latch.DeliveryKind, Input: json.RawMessage(fmt.Sprintf(`{"event":%q}`, event))})
		if problem == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, problem)
	}
	_, err := decode(protocol.AdmitRequest{Kind: latch.DeliveryKind, Input: json.RawMessage(`[]`)})
	require.Error(t, err)
}
