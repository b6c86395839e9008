package verdict

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Contract, "Decisions": what a hook's decision is based on. Every combination is compared with
// the contract's sentences, in their own order.
func TestStandingBasis(t *testing.T) {
	t.Parallel()
	both := []bool{false, true}
	combinations := 0
	for _, blocking := range both {
		for _, skipped := range both {
			for _, whenFailed := range both {
				for _, delivery := range []Delivery{NotSent, UnderWay, Delivered, Undeliverable} {
					for _, answersFail := range both {
						for _, lockRemoved := range both {
							for _, expired := range both {
								for _, unreadable := range both {
									s := Standing{Blocking: blocking, Skipped: skipped, WhenFailed: whenFailed, Delivery: delivery,
										Unreadable: unreadable && delivery == Delivered, AnswersFail: blocking && answersFail && delivery == Delivered,
										LockRemoved: blocking && lockRemoved, LockExpired: blocking && expired, AnswerExpired: !blocking && expired}
									combinations++
									require.Equal(t, basisByContract(s), s.Basis(), "%+v", s)
								}
							}
						}
					}
				}
			}
		}
	}
	require.Equal(t, 512, combinations)
}

// basisByContract states it in the contract's words, one rule after another.
func basisByContract(s Standing) Basis {
	if s.Skipped {
		return OnNothing // "which decides nothing"
	}
	if s.WhenFailed {
		return OnError // "an expression of it failed, `when` included"
	}
	if s.Blocking {
		if s.LockRemoved {
			return OnRecord // "its failure counts no more"
		}
		if s.Delivery == Undeliverable {
			return OnError // "its delivery failed for good"
		}
		if s.Unreadable {
			return OnError // "its answer cannot be read"
		}
		if s.AnswersFail {
			return OnRecord // "its endpoint answered and the record's result is fail"
		}
		if s.LockExpired {
			return OnTimeout
		}
		return Open
	}
	if s.Delivery == Delivered {
		return OnRecord
	}
	if s.Delivery == Undeliverable || s.AnswerExpired {
		return OnError
	}
	return Open
}

// Contract, "Decisions" and "Job": a hook's decision by the verdict on its record.
func TestDecide(t *testing.T) {
	t.Parallel()
	pass, fail := Verdict{Result: latch.ResultPass}, Verdict{Result: latch.ResultFail}
	failed := Verdict{Result: latch.ResultFail, Error: "no such key: failed"}
	stops := Verdict{Result: latch.ResultPass, Decision: latch.Stop}
	for _, test := range []struct {
		verdict                Verdict
		tells, begins, decides string
		admits                 string
	}{
		{pass, latch.Continue, latch.Continue, "", ""},
		{fail, latch.Continue, latch.Stop, "", ""},
		{failed, latch.Rollback, latch.Rollback, latch.Rollback, latch.Rollback},
		{stops, latch.Continue, latch.Continue, latch.Stop, latch.Stop},
		{Verdict{Result: latch.ResultPass, Decision: latch.Continue}, latch.Continue, latch.Continue, latch.Continue, latch.Continue},
		{Verdict{Result: latch.ResultFail, Decision: latch.Continue}, latch.Continue, latch.Stop, latch.Continue, latch.Stop},
	} {
		settings := latch.Event{OnError: latch.Rollback}
		require.Equal(t, test.tells, test.verdict.Decide(settings, Tells), "%+v", test.verdict)
		require.Equal(t, test.begins, test.verdict.Decide(settings, Begins), "%+v", test.verdict)
		require.Equal(t, test.decides, test.verdict.Decide(settings, Decides), "%+v", test.verdict)
		require.Equal(t, test.admits, test.verdict.Decide(settings, Admits), "%+v", test.verdict)
	}
}

// Contract, "Decisions": an event is decided when all its hooks are, or
// earlier by a rollback, and before the first step by a stop; rollback beats
// stop beats continue.
func TestCombine(t *testing.T) {
	t.Parallel()
	const (
		c, s, r = latch.Continue, latch.Stop, latch.Rollback
		o       = "" // open
	)
	for _, test := range []struct {
		hooks       []string
		decision    string
		final       bool
		finalBefore bool // before the first step
	}{
		{nil, c, true, true},
		{[]string{c}, c, true, true},
		{[]string{s}, s, true, true},
		{[]string{r}, r, true, true},
		{[]string{o}, c, false, false},
		{[]string{c, o}, c, false, false},
		{[]string{s, o}, s, false, true},
		{[]string{o, s}, s, false, true},
		{[]string{r, o}, r, true, true},
		{[]string{o, r}, r, true, true},
		{[]string{c, s}, s, true, true},
		{[]string{s, c}, s, true, true},
		{[]string{c, r}, r, true, true},
		{[]string{r, s}, r, true, true},
		{[]string{s, r}, r, true, true},
		{[]string{c, s, r}, r, true, true},
		{[]string{s, o, r}, r, true, true},
		{[]string{c, s, o}, s, false, true},
		{[]string{c, c, c}, c, true, true},
	} {
		t.Run(fmt.Sprintf("%q", test.hooks), func(t *testing.T) {
			t.Parallel()
			for nothingDone, final := range map[bool]bool{false: test.final, true: test.finalBefore} {
				decision, isFinal := Combine(test.hooks, nothingDone)
				require.Equal(t, test.decision, decision)
				require.Equal(t, final, isFinal, "before the first step: %v", nothingDone)
			}
		})
	}
}
