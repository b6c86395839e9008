package delivery

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/rehearsal"
)

var flooded = origin{"https", "flooded.example"}

// An attempt that waits for a place gets one as soon as it becomes free, in the order of
// arrival.
func TestPlacesAreTakenInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoints(10)
		var taken []place
		for range 10 {
			free, err := e.enter(t.Context(), flooded, 0)
			require.NoError(t, err)
			taken = append(taken, free)
		}
		var order []int
		for i := range 3 {
			go func() {
				got, err := e.enter(t.Context(), flooded, time.Minute)
				if err == nil {
					order = append(order, i)
					time.Sleep(time.Second)
					got.leave(nil)
				}
			}()
			synctest.Wait()
		}
		begun := time.Now()
		taken[0].leave(nil)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Equal(t, []int{0, 1, 2}, order)
		for _, each := range taken[1:] {
			each.leave(nil)
		}
		_, err := e.enter(t.Context(), flooded, 0)
		require.NoError(t, err)
		require.Equal(t, 10*time.Second, time.Since(begun))
	})
}

// A waiting activity occupies a slot of the worker, so only some wait, and not for long. All
// attempts of a volley wait, for as long as the volley lasts.
func TestFewWaitLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoints(10)
		for range 10 {
			_, err := e.enter(t.Context(), flooded, 0)
			require.NoError(t, err)
		}
		begun := time.Now()
		waited := func(patience time.Duration, attempts int) map[time.Duration]int {
			var mutex sync.Mutex
			all, group := map[time.Duration]int{}, sync.WaitGroup{}
			for range attempts {
				group.Go(func() {
					_, err := e.enter(t.Context(), flooded, patience)
					mutex.Lock()
					defer mutex.Unlock()
					var busy *BusyError
					if errors.As(err, &busy) {
						all[time.Since(begun)]++
					}
				})
			}
			group.Wait()
			begun = time.Now()
			return all
		}
		require.Equal(t, map[time.Duration]int{0: 98, shortestTurn: 10 / waitersPerPlace}, waited(0, 100))
		require.Equal(t, map[time.Duration]int{time.Second: 100}, waited(time.Second, 100))
		require.Len(t, e.busy, 1, "the attempts under way")
	})
}

// An attempt that waits at an endpoint that is found dead meanwhile is turned away, like those
// that come later.
func TestWhoWaitsForADeadEndpointIsTurnedAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoints(2 * probes)
		var taken []place
		for range 2 * probes {
			free, err := e.enter(t.Context(), flooded, 0)
			require.NoError(t, err)
			taken = append(taken, free)
		}
		refused := make(chan error)
		go func() {
			_, err := e.enter(t.Context(), flooded, time.Hour)
			refused <- err
		}()
		synctest.Wait()
		e.busy[flooded].failures = brokenAfter
		taken[0].leave(&UnreachableError{})
		var busy *BusyError
		require.ErrorAs(t, <-refused, &busy)
		require.True(t, busy.Broken)
		require.False(t, busy.Queued)
	})
}

// A flooded receiver needs some time for each request, and counts the requests.
type floodedReceiver struct {
	takes        time.Duration
	atOnce, most atomic.Int64
	requests     sync.Map // by delivery id
	twice        atomic.Bool
}

func (r *floodedReceiver) answer(request *http.Request, _ rehearsal.Message) (*http.Response, error) {
	if _, again := r.requests.LoadOrStore(request.Header.Get("Webhook-Id"), true); again {
		r.twice.Store(true)
	}
	now := r.atOnce.Add(1)
	defer r.atOnce.Add(-1)
	for most := r.most.Load(); now > most && !r.most.CompareAndSwap(most, now); most = r.most.Load() {
	}
	time.Sleep(r.takes)
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

// In a flood every delivery is sent once, all of them within about the time that the receiver
// needs, and few attempts find no place.
func TestFloodGoesOutAsFastAsItIsTaken(t *testing.T) {
	t.Parallel()
	for name, flood := range map[string]struct {
		deliveries int
		takes      time.Duration
	}{
		"fast": {3000, 50 * time.Millisecond},
		"slow": {3000, 3 * time.Second},
		"many": {5000, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				receiver := &floodedReceiver{takes: flood.takes}
				ctx := rehearsal.In(t.Context(), &rehearsal.World{Answer: receiver.answer, Now: time.Now})
				sender, begun := newSender(t, Options{}), time.Now()
				var inVain, arrived atomic.Int64
				var group sync.WaitGroup
				for i := range flood.deliveries {
					group.Go(func() {
						r := request("https://flooded.example")
						r.DeliveryID = fmt.Sprintf("dlv_%d", i)
						_, err := sender.SendQuickly(ctx, r, 1, 300*time.Millisecond)
						for busy := (*BusyError)(nil); errors.As(err, &busy); _, err = sender.Send(ctx, r, 1) {
							if inVain.Add(1); busy.Queued {
								time.Sleep(busy.Wait)
							}
						}
						if err == nil {
							arrived.Add(1)
						}
					})
				}
				group.Wait()
				best := flood.takes * time.Duration(flood.deliveries/defaultPerEndpoint)
				require.EqualValues(t, flood.deliveries, arrived.Load())
				require.False(t, receiver.twice.Load())
				require.EqualValues(t, defaultPerEndpoint, receiver.most.Load())
				require.LessOrEqual(t, time.Since(begun), best*3/2)
				require.LessOrEqual(t, inVain.Load(), int64(4*flood.deliveries))
				require.Empty(t, sender.endpoints.busy)
			})
		})
	}
}
