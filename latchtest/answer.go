package latchtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/latch-run/latch/internal/rehearsal"
)

// An Answer is what a receiver answers.
type Answer struct {
	// Status is the HTTP status; 200 unless given.
	Status int
	// Header may say when to come again (Retry-After). Content-Type is
	// application/json for a body that is JSON and text/plain for any other,
	// unless given.
	Header http.Header
	Body   string
	// Err is the network's error in the place of an answer, for which the delivery
	// is tried again. See [Script.Unreachable].
	Err error
}

// errUnreachable is what the network says of a receiver that is not there.
var errUnreachable = errors.New("connect: connection refused")

// An answerer makes the answer to a request.
type answerer func(Request) Answer

// Answer has the next request answered with the status and the body, such as
// `{"result": "fail", "stop_release": true}`.
func (s *Script) Answer(status int, body string) *Script {
	s.hooks.t.Helper()
	return s.AnswerWith(Answer{Status: status, Body: body})
}

// AnswerWith is [Script.Answer] for an answer with headers of its own.
func (s *Script) AnswerWith(answer Answer) *Script {
	s.hooks.t.Helper()
	if problem := answer.problem(); problem != "" {
		s.hooks.fatalf("latchtest: %s: %s", s.where, problem)
	}
	return s.answer(func(Request) Answer { return answer })
}

// AnswerFunc has the next request answered by a function of it. It is called
// from the goroutine of an activity, and several may run at once. One that
// panics, or ends its goroutine as t.FailNow does, fails the test.
func (s *Script) AnswerFunc(answer func(Request) Answer) *Script {
	s.hooks.t.Helper()
	if answer == nil {
		s.hooks.fatalf("latchtest: %s: AnswerFunc takes a function, not nil", s.where)
	}
	return s.answer(answer)
}

// Unreachable has the next request find nobody who listens.
func (s *Script) Unreachable() *Script {
	return s.answer(func(Request) Answer { return Answer{Err: errUnreachable} })
}

// TimeOut has the next request wait for an answer in vain. The test does not wait.
func (s *Script) TimeOut() *Script {
	return s.answer(func(Request) Answer { return Answer{Err: rehearsal.ErrNoAnswer} })
}

// Times has the answer that was scripted last be given so many times, before the
// next one.
func (s *Script) Times(n int) *Script {
	s.hooks.t.Helper()
	unanswered := false
	s.change(func(r *rule) {
		unanswered = len(r.answers) == 0
		for i := 1; i < n && !unanswered; i++ {
			r.answers = append(r.answers, r.answers[len(r.answers)-1])
		}
	})
	if n < 1 || unanswered {
		s.hooks.fatalf("latchtest: %s: Times(%d) comes after an answer, and is 1 at least", s.where, n)
	}
	return s
}

func (s *Script) answer(next answerer) *Script {
	s.change(func(r *rule) { r.answers = append(r.answers, next) })
	return s
}

// problem returns what is wrong with an answer; "" for nothing.
func (a Answer) problem() string {
	if a.Status != 0 && (a.Status < 200 || a.Status > 599) {
		return fmt.Sprintf("the status of an answer is between 200 and 599, not %d", a.Status)
	}
	return ""
}

// answer stands in the place of the network.
func (h *Hooks) answer(request *http.Request, message rehearsal.Message) (*http.Response, error) {
	made, err := h.requestOf(request, message)
	if err != nil {
		return nil, err
	}
	answer := h.call(h.next(made, made.where(request.URL.String()), message), *made)
	h.mutex.Lock()
	defer h.mutex.Unlock()
	made.Status, made.Err = answer.Status, answer.Err
	if answer.Err != nil {
		return nil, answer.Err
	}
	return answer.response(request), nil
}

// next notes a request and returns what answers it; at is the place that scripts
// are for.
func (h *Hooks) next(made *Request, at where, message rehearsal.Message) answerer {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.requests = append(h.requests, made)
	r := h.ruleFor(at, func(r *rule) bool { return len(r.answers) > 0 })
	switch {
	case r != nil:
		made.Scripted = true
		next := r.answers[min(r.given, len(r.answers)-1)]
		r.given++
		return next
	case message.Token:
		return func(Request) Answer { return Answer{Body: `{"access_token":"latchtest","token_type":"Bearer"}`} }
	default:
		if h.options.Strict {
			h.errorf("latchtest: no script answers %s", made)
		}
		return func(Request) Answer { return Answer{} }
	}
}

// call calls what answers a request. A function of the test's own that does not
// return must not take the activity with it: the environment would wait for it.
func (h *Hooks) call(next answerer, made Request) Answer {
	answered := make(chan Answer, 1)
	go func() {
		answer := Answer{Err: errors.New("the function that answers did not return")}
		defer func() {
			if panicked := recover(); panicked != nil {
				h.errorf("latchtest: what answers %s panicked: %v", made, panicked)
			}
			answered <- answer
		}()
		given := next(made)
		if problem := given.problem(); problem != "" {
			h.errorf("latchtest: what answers %s: %s", made, problem)
			return
		}
		answer = given
	}()
	answer := <-answered
	if answer.Status == 0 && answer.Err == nil {
		answer.Status = http.StatusOK
	}
	return answer
}

// response returns the answer as it comes from the network.
func (a Answer) response(request *http.Request) *http.Response {
	header := a.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if header.Get("Content-Type") == "" && a.Body != "" {
		header.Set("Content-Type", "text/plain; charset=utf-8")
		if json.Valid([]byte(a.Body)) {
			header.Set("Content-Type", "application/json")
		}
	}
	return &http.Response{
		Status: strconv.Itoa(a.Status) + " " + http.StatusText(a.Status), StatusCode: a.Status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: request,
		Header: header, Body: io.NopCloser(bytes.NewReader([]byte(a.Body))), ContentLength: int64(len(a.Body)),
	}
}
