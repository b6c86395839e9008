package lockpage

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/runs"
)

// Contract, "Approvals in a chat": a link to reject is about the button that does what a vote to reject
// does, and the page says beforehand what that comes to, whatever the kind of run and its rules.
func TestALinkToRejectDoesWhatAVoteDoes(t *testing.T) {
	t.Parallel()
	vote, err := (&latch.LockRelease{Vote: latch.VoteReject}).WithoutApprovals()
	require.NoError(t, err)
	for name, test := range map[string]struct {
		kind     latch.Kind
		event    string
		settings latch.Event
		// brought is the data of the endpoint's answer.
		brought        latch.Object
		label, becomes string
	}{
		"a release": {kind: latch.ReleaseKind, event: latch.EventBeforeRelease, label: "Stop the release", becomes: latch.Stop},
		"a release whose endpoint wants no stop": {kind: latch.ReleaseKind, event: latch.EventBeforeRelease,
			brought: latch.Object{latch.KeyStopRelease: []byte("false")}, label: "Stop the release", becomes: latch.Stop},
		"a release whose rule is about something else": {kind: latch.ReleaseKind, event: latch.EventBeforeRelease,
			settings: latch.Event{StopRelease: "'risk' in history.data"}, label: "Record as failed, and go on", becomes: latch.Continue},
		"a gate": {kind: latch.GateKind, event: "DEPLOY", label: "Stop the gate", becomes: latch.Stop},
		"a gate that nothing stops": {kind: latch.GateKind, event: "DEPLOY", settings: latch.Event{StopRelease: "false"},
			label: "Stop the gate", becomes: latch.Stop},
		"a job":    {kind: latch.JobKind, event: latch.EventJobStart, label: "Fail the job", becomes: latch.Stop},
		"an event": {kind: latch.EmissionKind, event: "DEPLOY", label: "Record as failed, and go on", becomes: latch.Continue},
		"a workflow of one's own": {event: "DEPLOY", label: "Answer “fail”, and ask to stop",
			becomes: unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &foreteller{definition: &runs.Definition{Kind: test.kind}, settings: test.settings,
				record: latch.Record{Webhook: "board", Event: test.event, Result: latch.ResultPending, Data: test.brought,
					Lock: &latch.RecordLock{Token: "w:board:r"}}}
			page := lockView{Choices: f.foretell()}
			chosen := page.preselected(locklink.ChoiceReject)
			require.NotNil(t, chosen)
			require.Equal(t, test.label, chosen.Label)
			require.Equal(t, vote.Result, chosen.result)
			require.Equal(t, vote.Data[latch.KeyStopRelease], chosen.data[latch.KeyStopRelease])
			require.Equal(t, test.becomes, f.ending(*chosen).decision)
			require.Equal(t, test.becomes, f.ending(choice{result: vote.Result, data: vote.Data}).decision)
		})
	}
}
