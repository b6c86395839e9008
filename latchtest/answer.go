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

// An Answer is the response of an endpoint.
type Answer struct {
	// Status is the HTTP status; 200 if 0.
	Status int
	// Header may contain Retry-After, for example. If it has no Content-Type,
	// that is application/json for a body that is JSON, and text/plain for any
	// other.
	Header http.Header
	Body   string
	// Err is a network error in place of a response; the delivery is retried.
	// See [Script.Unreachable].
	Err error
}

// errUnreachable is the network error for an endpoint that cannot be reached.
var errUnreachable = errors.New("connect: connection refused")

// An answerer returns the answer to a request.
type answerer func(Request) Answer

// Answer scripts the answer to the next request, with the status and a body
// such as `{"result": "fail", "stop_release": true}`.
func (s *Script) Answer(status int, body string) *Script {
	s.hooks.t.Helper()
	return s.AnswerWith(Answer{Status: status, Body: body})
}

// AnswerWith is [Script.Answer] for an answer with headers.
func (s *Script) AnswerWith(answer Answer) *Script {
	s.hooks.t.Helper()
	if problem := answer.problem(); problem != "" {
		s.hooks.fatalf("latchtest: %s: %s", s.where, problem)
	}
	return s.answer(func(Request) Answer { return answer })
}

// AnswerFunc lets a function answer the next request. It is called on the
// goroutine of an activity, and several calls may run concurrently. If it
// panics, or ends its goroutine as t.FailNow does, the test fails.
func (s *Script) AnswerFunc(answer func(Request) Answer) *Script {
	s.hooks.t.Helper()
	if answer == nil {
		s.hooks.fatalf("latchtest: %s: AnswerFunc takes a function, not nil", s.where)
	}
	return s.answer(answer)
}

// Unreachable makes the next request fail with a refused connection.
func (s *Script) Unreachable() *Script {
	return s.answer(func(Request) Answer { return Answer{Err: errUnreachable} })
}

// TimeOut makes the next request time out. The test does not wait for it.
func (s *Script) TimeOut() *Script {
	return s.answer(func(Request) Answer { return Answer{Err: rehearsal.ErrNoAnswer} })
}

// Times makes the last scripted answer apply to n requests before the next
// answer.
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

// problem returns what is wrong with an answer, or "".
func (a Answer) problem() string {
	if a.Status != 0 && (a.Status < 200 || a.Status > 599) {
		return fmt.Sprintf("the status of an answer is between 200 and 599, not %d", a.Status)
	}
	return ""
}

// answer replaces the network.
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

// next records a request and returns its answerer. at is where the request
// belongs in scripts.
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

// call calls an answerer. A function of the test that does not return must not
// block the activity, because the environment would wait for it.
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

// response returns the answer as an HTTP response.
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
