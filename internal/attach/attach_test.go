package attach_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/attach"
	"github.com/latch-run/latch/internal/protocol"
)

func webhooks(ids ...string) []latch.Webhook {
	var made []latch.Webhook
	for _, id := range ids {
		made = append(made, latch.Webhook{ID: id})
	}
	return made
}

// A run's own webhook replaces a registered one, but never an enforced one, and enforced ones
// are sent first.
func TestMerge(t *testing.T) {
	t.Parallel()
	registered := []protocol.AttachedWebhook{
		{Webhook: latch.Webhook{ID: "audit"}}, {Webhook: latch.Webhook{ID: "board"}, Enforced: true}, {Webhook: latch.Webhook{ID: "tests"}},
	}
	for name, each := range map[string]struct {
		own, merged []string
	}{
		"none of its own":           {nil, []string{"board", "audit", "tests"}},
		"beside":                    {[]string{"slack"}, []string{"board", "slack", "audit", "tests"}},
		"in a registered one's":     {[]string{"tests", "slack"}, []string{"board", "tests", "slack", "audit"}},
		"never in an enforced ones": {[]string{"slack", "board"}, []string{"board", "slack", "audit", "tests"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			merged := attach.Merge(webhooks(each.own...), registered)
			var ids []string
			for _, webhook := range merged {
				ids = append(ids, webhook.ID)
				require.Equal(t, webhook.ID == "board", webhook.Enforced)
			}
			require.Equal(t, each.merged, ids)
			require.True(t, merged[0].Registered)
			require.Len(t, attach.Plain(merged), len(merged))
		})
	}
}

// An earlier version's admission has no enforced webhooks: its order stays the same.
func TestMergeKeepsTheOrderOfEarlierVersions(t *testing.T) {
	t.Parallel()
	merged := attach.Merge(webhooks("b", "a"),
		[]protocol.AttachedWebhook{{Webhook: latch.Webhook{ID: "c"}}, {Webhook: latch.Webhook{ID: "a"}}})
	require.Equal(t, webhooks("b", "a", "c"), attach.Plain(merged))
	require.Equal(t, []bool{false, false, true}, []bool{merged[0].Registered, merged[1].Registered, merged[2].Registered})
}

// A run's own webhook with the id of an enforced one is refused, enabled or not, and so is one
// with an id that looks the same. In a sequence this applies to each job.
func TestReserved(t *testing.T) {
	t.Parallel()
	off := false
	reserved := attach.ReservedBy([]latch.RegisteredWebhook{
		{Webhook: latch.Webhook{ID: "Change Board", Enabled: &off}, Enforced: true}, {Webhook: latch.Webhook{ID: "audit"}},
	})
	for _, row := range [][2]string{
		{"audit", ""},
		{"change-board", ""},
		{"board", ""},
		{"Change Board",
			`webhooks[1].id: "Change Board" is the id of an enforced registered webhook, which no run can replace or switch off; choose another id`},
		{"change BOARD", `webhooks[1].id: "change BOARD" reads like "Change Board", the id of an enforced registered webhook; choose another id`},
		{"ChangeBoard", `reads like "Change Board"`},
		{"Change\u00a0Board", `reads like "Change Board"`},
		{"Change\u200b Board", `reads like "Change Board"`},
		{"Ｃhange Board", `reads like "Change Board"`},
	} {
		id, problem := row[0], row[1]
		var problems latch.Problems
		reserved.Check(&problems, "webhooks", []latch.Webhook{{ID: "slack"}, {ID: id, Enabled: &off}})
		if problem == "" {
			require.Empty(t, problems, id)
			continue
		}
		require.ErrorContains(t, problems.Err(), problem, id)
	}

	var problems latch.Problems
	reserved.CheckJob(&problems, "", &latch.Job{ID: "all", Webhooks: webhooks("Change Board"), Jobs: []latch.SequenceJob{
		{Registered: "other"}, {Job: &latch.Job{ID: "one",
			Jobs: []latch.SequenceJob{{Job: &latch.Job{ID: "two", Webhooks: webhooks("Change Board")}}}}},
	}})
	require.Len(t, problems, 2)
	require.Equal(t, "webhooks[0].id", problems[0].Path)
	require.Equal(t, "jobs[1].jobs[0].webhooks[0].id", problems[1].Path)
}
