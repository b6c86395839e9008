package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/testsuite/process"
	"github.com/latch-run/latch/testsuite/receiver"
	"github.com/latch-run/latch/testsuite/stack"
)

// All cases of the source documents come out right, on a worker with the race
// detector where it can be built.
func TestDemo(t *testing.T) {
	t.Parallel()
	race, err := process.CanRace(t.Context())
	require.NoError(t, err)
	var told bytes.Buffer
	err = perform(t.Context(), &account{out: &told}, options{race: race})
	require.NoError(t, err, told.String())
	for i, one := range showcases() {
		require.Contains(t, told.String(), fmt.Sprintf("\n%d. %s\n", i+1, one.title), "the account")
		require.Regexp(t, fmt.Sprintf(`\n   %d  %s +right +\d+ ms\n`, i+1, one.title), told.String(), "the summary")
	}
	require.Contains(t, told.String(), "\nto look at them: make demo DEMO_FLAGS=-keep\n", "the pages end with the stack")
	require.NotContains(t, told.String(), "✗")
	require.NotContains(t, told.String(), "\x1b", "colour, though it is no terminal")
}

func TestAFailedCaseTellsWhatWasExpectedAndWhatCame(t *testing.T) {
	t.Parallel()
	var told bytes.Buffer
	outcomes := runCases(t.Context(), &account{out: &told}, &stack.Stack{}, []showcase{
		{title: "differs", play: func(s *scene) {
			require.Equal(s, []string{"do-1", "undo-1"}, []string{"do-1"}, "the steps")
			panic("the case went on")
		}},
		{title: "panics", play: func(*scene) { panic("broken") }},
		{title: "is right", play: func(s *scene) { s.right("it goes on") }},
	})
	summarize(&account{out: &told}, outcomes)
	require.Len(t, outcomes, 3)
	require.Len(t, outcomes[0].failures, 1)
	for _, part := range []string{"the steps", `expected: []string{"do-1", "undo-1"}`, `actual  : []string{"do-1"}`} {
		require.Contains(t, outcomes[0].failures[0], part)
		require.Contains(t, told.String(), part)
	}
	require.NotContains(t, outcomes[0].failures[0], "demo_test.go", "the call stack")
	require.Contains(t, outcomes[1].failures[0], "panic: broken")
	require.Empty(t, outcomes[2].failures)
	require.Regexp(t, `1  differs +WRONG`, told.String())
	require.Regexp(t, `3  is right +right`, told.String())

	err := failureOf(outcomes)
	require.ErrorContains(t, err, "2 of 3 cases failed")
	require.ErrorContains(t, err, "case 1, differs: ")
	require.NoError(t, failureOf(outcomes[2:]))
}

func TestAnInterruptedDemoEndsWithoutTheCasesLeft(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancelCause(t.Context())
	outcomes := runCases(ctx, &account{out: &bytes.Buffer{}}, &stack.Stack{}, []showcase{
		{title: "waits", play: func(s *scene) {
			interrupt(errors.New("Ctrl-C"))
			s.arrived("/never", 1)
		}},
		{title: "left", play: func(*scene) { t.Error("it ran") }},
	})
	require.Contains(t, outcomes[0].failures[0], "0 of 1 requests to \"/never\" came: Ctrl-C")
	require.Equal(t, []string{"not run: Ctrl-C"}, outcomes[1].failures)
	require.True(t, outcomes[1].notRun)
}

func TestRequestsAreToldOnceAndInOrder(t *testing.T) {
	t.Parallel()
	r := receiver.New(t)
	var told bytes.Buffer
	s := &scene{account: &account{out: &told}, ctx: t.Context(), receiver: r}
	for _, path := range []string{"/a", "/b", "/a"} {
		response, err := http.Post(r.URL+path, "text/plain", bytes.NewBufferString(path))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
	}
	require.Len(t, s.arrived("/a", 2), 2)
	s.tellRequests()
	require.Equal(t, `   ← POST /a text/plain
     /a
   ← POST /b text/plain
     /b
   ← POST /a text/plain
     /a
`, told.String())
}

// The search for a secret must find it in every form that it looks for.
func TestTheSearchFindsEncodedSecrets(t *testing.T) {
	t.Parallel()
	forms := encodings(secretValue)
	require.Equal(t, "6d646f712d69732d617765736f6d65", forms["hexadecimal"])
	for before := range 6 {
		for after := range 3 {
			text := base64Of(before, secretValue, after)
			found := 0
			for _, form := range forms {
				if bytes.Contains([]byte(text), []byte(form)) {
					found++
				}
			}
			require.NotZero(t, found, "%d bytes before and %d after, as base64: %s", before, after, text)
		}
	}
}

func TestTheDescriptionOfARequestIsShort(t *testing.T) {
	t.Parallel()
	require.Equal(t, "GET /a?b=c", describe(receiver.Request{Method: "GET", URI: "/a?b=c"}))
	require.Equal(t, `POST /a application/json
{"event": "JOB_START", "delivery_id": "dlv_1", "attempt": 2, and 1 fields more}`, describe(receiver.Request{
		Method: "POST", URI: "/a", Header: http.Header{"Content-Type": {"application/json"}}, At: time.Now(),
		Body: []byte(`{"run":{},"event":"JOB_START","delivery_id":"dlv_1","attempt":2}`),
	}))
}

func base64Of(before int, value string, after int) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + value + strings.Repeat("y", after)))
}
