package main

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// An arrival is one request that a receiver got.
type arrival struct {
	// path is /hook/<id>/<webhook>, /step/<id>/<n> or /undo/<id>/<n>.
	path string
	// delivery is its webhook-id, or the Idempotency-Key of a task's request.
	delivery, event, previous string
	sequence                  int
	// status is what it was answered with; 0 without an answer.
	status int
	// order counts all arrivals, from 1 on.
	order int
	at    time.Time
}

// receivers are all systems that Latch calls, at one address.
type receivers struct {
	url, address string
	seed         uint64
	// refused are the paths that are refused for good.
	refused func(path string) bool
	// locked is called once for each lock that came, with the path and event.
	locked func(path, event, lock string)

	mu       sync.Mutex
	server   *http.Server
	arrivals []arrival
	// times counts arrivals by delivery.
	times map[string]int
}

func newReceivers(seed uint64) (*receivers, error) {
	r := &receivers{seed: seed, times: map[string]int{}}
	err := r.listen("127.0.0.1:0")
	r.url = "http://" + r.address
	return r, err
}

func (r *receivers) listen(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	r.address = listener.Addr().String()
	r.server = &http.Server{Handler: r, ReadHeaderTimeout: 10 * time.Second}
	go func(s *http.Server) { _ = s.Serve(listener) }(r.server) // it returns when it is closed
	return nil
}

// stop refuses connections until restart.
func (r *receivers) stop() error    { return r.server.Close() }
func (r *receivers) restart() error { return r.listen(r.address) }

// hanging is longer than a webhook waits.
const hanging = 3 * time.Second

func (r *receivers) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return // it did not arrive
	}
	a, times := r.arrive(request, body)
	if lock := request.Header.Get("X-Latch-Lock"); lock != "" && times == 1 {
		r.locked(a.path, a.event, lock)
	}
	switch a.status {
	case 0:
		if r.chance(a, times+1000) < 0.5 { // it hangs, or hangs up
			select {
			case <-time.After(hanging):
			case <-request.Context().Done():
			}
		}
		panic(http.ErrAbortHandler)
	case http.StatusTooManyRequests:
		w.Header().Set("Retry-After", "1")
	case http.StatusInternalServerError:
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, garbage[a.status]) // a caller that is gone is its own business
}

// garbage are the bodies of answers that are no good.
var garbage = map[int]string{http.StatusInternalServerError: `{"result": `, http.StatusBadGateway: "<html>"}

// arrive keeps a request with its answer, and returns how often it came.
func (r *receivers) arrive(request *http.Request, body []byte) (arrival, int) {
	a := arrival{path: request.URL.Path, delivery: request.Header.Get("webhook-id"), previous: request.Header.Get("webhook-previous-id"), at: time.Now()}
	if a.delivery == "" {
		a.delivery = request.Header.Get("Idempotency-Key")
	}
	a.sequence, _ = strconv.Atoi(request.Header.Get("webhook-sequence")) // a task's request has none
	var told struct{ Event string }
	_ = json.Unmarshal(body, &told) // a task's request has no event
	a.event = told.Event
	r.mu.Lock()
	defer r.mu.Unlock()
	r.times[a.delivery]++
	times := r.times[a.delivery]
	a.status = r.answer(a, times)
	a.order = len(r.arrivals) + 1
	r.arrivals = append(r.arrivals, a)
	return a, times
}

// answer chooses a status; 0 is none. An undo, which has five attempts, is only
// failed once, and everything else at most three times.
func (r *receivers) answer(a arrival, times int) int {
	if r.refused(a.path) {
		return http.StatusBadRequest
	}
	limit := 3
	if strings.HasPrefix(a.path, "/undo/") {
		limit = 1
	}
	if times > limit || r.chance(a, times) > 0.3 {
		return http.StatusOK
	}
	bad := []int{0, http.StatusInternalServerError, http.StatusBadGateway, http.StatusTooManyRequests}
	return bad[int(r.chance(a, times+100)*float64(len(bad)))]
}

// chance returns the number in [0, 1) that the seed has for a request.
func (r *receivers) chance(a arrival, times int) float64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %s %d", a.path, a.event, times)
	return rand.New(rand.NewPCG(r.seed, h.Sum64())).Float64()
}

// all returns what came so far.
func (r *receivers) all() []arrival {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]arrival(nil), r.arrivals...)
}
