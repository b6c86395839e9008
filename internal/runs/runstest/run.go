package runstest

import (
	"encoding/json"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch"
)

// isOfType reports whether the run's workflow type is named in the query. A run
// without a type matches any query.
func (r *Run) isOfType(query string) bool {
	workflow := r.Info.GetType().GetName()
	named := strings.Contains(query, "'"+workflow+"'")
	switch {
	case workflow == "":
		return true
	case strings.Contains(query, "WorkflowType NOT IN"):
		return !named
	case strings.Contains(query, "WorkflowType IN"), strings.Contains(query, "WorkflowType ="):
		return named
	default:
		return true
	}
}

// isNamed reports whether the query names the run's id, or none.
func (r *Run) isNamed(query string) bool {
	_, ids, names := strings.Cut(query, "RunId IN (")
	return !names || strings.Contains(ids, "'"+r.Info.GetExecution().GetRunId()+"'")
}

// WaitsFor sets the open locks in the run's memo.
func (r *Run) WaitsFor(locks ...latch.OpenLock) { r.remember(latch.MemoLocks, locks) }

// PausesAt sets the failed steps in the run's memo that wait for a person.
func (r *Run) PausesAt(steps ...latch.PausedStep) { r.remember(latch.MemoPaused, steps) }

func (r *Run) remember(name string, value any) {
	if r.Info.Memo == nil {
		r.Info.Memo = &commonpb.Memo{Fields: map[string]*commonpb.Payload{}}
	}
	r.Info.Memo.Fields[name] = Payloads(value).GetPayloads()[0]
}

// StartedWith sets the run's input, as JSON.
func (r *Run) StartedWith(input string) {
	r.History = func() ([]*historypb.HistoryEvent, error) {
		return []*historypb.HistoryEvent{Started(Payloads(json.RawMessage(input)))}, nil
	}
}

// Payloads encodes a value as a run's input, result or details.
func Payloads(value any) *commonpb.Payloads {
	encoded, err := converter.GetDefaultDataConverter().ToPayloads(value)
	if err != nil {
		panic(err) // test data always encodes
	}
	return encoded
}
