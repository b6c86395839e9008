package activities

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A crew runs everything at once, and what comes later in the same goroutines, which end once
// nothing has come for a while.
func TestCrew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCrew()
		var atOnce atomic.Int32
		gate := make(chan struct{})
		for range 20 {
			c.run(func() {
				atOnce.Add(1)
				<-gate
			})
		}
		synctest.Wait()
		require.EqualValues(t, 20, atOnce.Load())
		close(gate)
		synctest.Wait()
		for range 20 {
			select {
			case c.waiting <- func() { atOnce.Add(1) }:
			default:
				t.Fatal("a goroutine has not waited")
			}
		}
		synctest.Wait()
		require.EqualValues(t, 40, atOnce.Load())
		time.Sleep(crewWaits)
		synctest.Wait()
		select {
		case c.waiting <- func() {}:
			t.Fatal("a goroutine waits for ever")
		default:
		}
	})
}
