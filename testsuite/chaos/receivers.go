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
	// path is /hook/<id>/<webhook>, /step/<id>/<n> or /undo/<id>/<n>; the ledger's
	// is /hook/all/ledger.
	path string
	// delivery is its webhook-id, or the Idempotency-Key of a task's request.
	delivery, event, previous string
	sequence                  int
	// workflow and run are those of the run that fired the event, and step is the event's. A
	// task's request has none.
	workflow, run, step string
	// status is the status of the answer, or 0 without an answer. lied reports that the answer
	// was 200 with an unreadable body.
	status int
	lied   bool
	// order numbers all arrivals, from 1.
	order int
	at    time.Time
}

// receivers are all systems that Latch calls, at one address.
type receivers struct {
	url, address string
	seed         uint64
	// refused reports what is permanently refused. mustLie reports what gets an unreadable
	// answer.
	refused func(path string) bool
	mustLie func(path, step string) bool
	// locked is called once for each received lock, with the path and event.
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
	go func(s *http.Server) { _ = s.Serve(listener) }(r.server) // returns when it is closed
	return nil
}

// stop refuses connections until restart.
func (r *receivers) stop() error    { return r.server.Close() }
func (r *receivers) restart() error { return r.listen(r.address) }

// hanging is longer than a webhook waits.
const hanging = 3 * time.Second

// good is an answer that means yes, and broken an unreadable one.
const (
	good   = `{"ok": true}`
	broken = `{"ok": tru`
)

func (r *receivers) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return // it did not arrive
	}
	a, times := r.arrive(request, body)
	if lock := request.Header.Get("X-Latch-Lock"); lock != "" && times == 1 {
		r.locked(a.path, a.event, lock)
	}
	switch {
	case a.lied && r.chance(a, lieKinds) < 0.5:
		w.Header().Set("Content-Encoding", "gzip") // which it is not
		_, _ = io.WriteString(w, good)             // a caller may be gone, here and below
	case a.lied:
		_, _ = io.WriteString(w, broken)
	case a.status == 0:
		r.leaveWithoutAnswer(w, request, r.chance(a, times+silenceKinds))
	case a.status == http.StatusOK:
		_, _ = io.WriteString(w, good)
	default:
		w.Header().Set("Content-Type", "application/json")
		if a.status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "1")
		}
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, broken)
	}
}

// leaveWithoutAnswer hangs, answers a byte a second, or closes the connection.
func (r *receivers) leaveWithoutAnswer(w http.ResponseWriter, request *http.Request, chance float64) {
	until := time.After(hanging)
	for chance < 0.6 {
		select {
		case <-time.After(time.Second):
			if chance < 0.3 {
				_, _ = io.WriteString(w, " ")
				_ = http.NewResponseController(w).Flush()
			}
			continue
		case <-until:
		case <-request.Context().Done():
		}
		break
	}
	panic(http.ErrAbortHandler)
}

// arrive records a request with its answer, and returns how often it has come.
func (r *receivers) arrive(request *http.Request, body []byte) (arrival, int) {
	var told struct {
		Event string
		Step  struct{ Name string }
		Run   struct {
			Workflow string `json:"workflow_id"`
			ID       string `json:"run_id"`
		}
	}
	_ = json.Unmarshal(body, &told) // a task's request has no body
	a := arrival{path: request.URL.Path, delivery: request.Header.Get("webhook-id"), previous: request.Header.Get("webhook-previous-id"),
		event: told.Event, step: told.Step.Name, workflow: told.Run.Workflow, run: told.Run.ID, at: time.Now()}
	if a.delivery == "" {
		a.delivery = request.Header.Get("Idempotency-Key")
	}
	a.sequence, _ = strconv.Atoi(request.Header.Get("webhook-sequence")) // a task's request has none
	r.mu.Lock()
	defer r.mu.Unlock()
	r.times[a.delivery]++
	times := r.times[a.delivery]
	a.status = r.answer(a, times)
	a.lied = a.status == http.StatusOK && r.lies(a)
	a.order = len(r.arrivals) + 1
	r.arrivals = append(r.arrivals, a)
	return a, times
}

// These are the purposes for which a request has separate random numbers. They are followed by
// its attempts.
const (
	statusKinds  = 100
	silenceKinds = 1000
	lieKinds     = 5000
	lieChance    = 6000
)

// answer chooses a status, or 0 for no answer. An undo, which has five attempts, fails only
// once, and everything else at most three times.
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
	return bad[int(r.chance(a, times+statusKinds)*float64(len(bad)))]
}

// lies reports whether an accepted request gets an unreadable answer: as planned, or for one in
// eight of those whose answers decide nothing.
func (r *receivers) lies(a arrival) bool {
	switch a.path[strings.LastIndexByte(a.path, '/')+1:] {
	case toldWebhook, heardWebhook, ledgerWebhook:
		return r.chance(a, lieChance) < 0.125
	}
	return r.mustLie(a.path, a.step)
}

// chance returns the random number in [0, 1) of a request, which the seed determines.
func (r *receivers) chance(a arrival, purpose int) float64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %s %s %s %d", a.path, a.workflow, a.event, a.step, purpose)
	return rand.New(rand.NewPCG(r.seed, h.Sum64())).Float64()
}

// all returns all arrivals so far.
func (r *receivers) all() []arrival {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]arrival(nil), r.arrivals...)
}
