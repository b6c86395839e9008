package workflows

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Contract, "Decisions": what a hook's decision rests on. Every combination is
// held against the contract's sentences, in their own order.
func TestStandingBasis(t *testing.T) {
	t.Parallel()
	both := []bool{false, true}
	combinations := 0
	for _, blocking := range both {
		for _, skipped := range both {
			for _, whenFailed := range both {
				for _, delivery := range []sending{notSent, underWay, delivered, undeliverable} {
					for _, answersFail := range both {
						for _, lockRemoved := range both {
							for _, expired := range both {
								for _, unreadable := range both {
									s := standing{blocking: blocking, skipped: skipped, whenFailed: whenFailed, delivery: delivery,
										unreadable: unreadable && delivery == delivered, answersFail: blocking && answersFail && delivery == delivered,
										lockRemoved: blocking && lockRemoved, lockExpired: blocking && expired, answerExpired: !blocking && expired}
									combinations++
									require.Equal(t, basisByContract(s), s.basis(), "%+v", s)
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

// basisByContract says it in the contract's words, one rule after another.
func basisByContract(s standing) basis {
	if s.skipped {
		return onNothing // "which decides nothing"
	}
	if s.whenFailed {
		return onError // "an expression of it failed, `when` included"
	}
	if s.blocking {
		if s.lockRemoved {
			return onRecord // "its failure counts no more"
		}
		if s.delivery == undeliverable {
			return onError // "its delivery failed for good"
		}
		if s.unreadable {
			return onError // "its answer cannot be read"
		}
		if s.answersFail {
			return onRecord // "its endpoint answered and the record's result is fail"
		}
		if s.lockExpired {
			return onTimeout
		}
		return open
	}
	if s.delivery == delivered {
		return onRecord
	}
	if s.delivery == undeliverable || s.answerExpired {
		return onError
	}
	return open
}

// Contract, "Decisions": an event is decided when all its hooks are, or
// earlier by a rollback, and before the first step by a stop; rollback beats
// stop beats continue.
func TestDecide(t *testing.T) {
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
				decision, isFinal := decide(test.hooks, nothingDone)
				require.Equal(t, test.decision, decision)
				require.Equal(t, final, isFinal, "before the first step: %v", nothingDone)
			}
		})
	}
}
