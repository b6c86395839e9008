package latchtest

import (
	"cmp"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/latch-run/latch"
)

// Any is any webhook or any event in [Hooks.On], and any URL in [Hooks.OnURL].
const Any = "*"

// A Script says what comes to the requests and the locks of the hooks that it is
// for. Its answers are given in turn, and the last one to all requests that come
// after; so it is with the removals of locks. Where several scripts are for a
// request, the one that says more of it (webhook, event, step, workflow) answers,
// of two that say as much the one that was begun first.
type Script struct {
	hooks *Hooks
	where where
}

// A where says which requests and locks a script is for; "" is any.
type where struct{ webhook, event, step, workflow, url string }

// A rule is what all scripts of one where say together.
type rule struct {
	where
	// at is the place in the test that said it first.
	at       string
	answers  []answerer
	given    int
	removals []removal
	// begun counts the removals that wait for their time or have come, removed
	// those that were taken. Missed says why one was not.
	begun, removed int
	missed         string
	optional       bool
}

// On begins, or goes on with, the script of a webhook at an event; either may be
// [Any]. A webhook goes by its id, whichever run it is sent for.
func (h *Hooks) On(webhook, event string) *Script {
	h.t.Helper()
	if event != Any {
		if err := latch.CheckEvent(event); err != nil {
			h.fatalf("latchtest: On(%q, %q): %v", webhook, event, err)
		}
	}
	if webhook == "" {
		h.fatalf("latchtest: On(%q, %q): a webhook's id is required; latchtest.Any is any webhook", webhook, event)
	}
	return &Script{h, where{webhook: anyIsEmpty(webhook), event: anyIsEmpty(event)}}
}

// OnURL begins, or goes on with, the script of what is sent to a URL and is not a
// webhook's: an http task, or the request for an OAuth2 token. The URL is the one
// that goes out, its templates filled in; or [Any].
func (h *Hooks) OnURL(url string) *Script {
	h.t.Helper()
	if url != Any && !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://") {
		h.fatalf("latchtest: OnURL(%q): a URL begins with http:// or https://", url)
	}
	return &Script{h, where{url: url}}
}

// Step narrows the script to the event of one step of a release.
func (s *Script) Step(name string) *Script {
	narrowed := s.where
	narrowed.step = name
	return &Script{s.hooks, narrowed}
}

// In narrows the script to one run, by its workflow id, such as that of a child.
func (s *Script) In(workflowID string) *Script {
	narrowed := s.where
	narrowed.workflow = workflowID
	return &Script{s.hooks, narrowed}
}

// Maybe lets the script be unused, in whole or in part.
func (s *Script) Maybe() *Script {
	s.change(func(r *rule) { r.optional = true })
	return s
}

// change changes the rule of the script, which it makes if there is none.
func (s *Script) change(change func(*rule)) {
	s.hooks.mutex.Lock()
	defer s.hooks.mutex.Unlock()
	i := slices.IndexFunc(s.hooks.rules, func(r *rule) bool { return r.where == s.where })
	if i < 0 {
		i = len(s.hooks.rules)
		s.hooks.rules = append(s.hooks.rules, &rule{where: s.where, at: caller()})
	}
	change(s.hooks.rules[i])
}

func anyIsEmpty(name string) string {
	if name == Any {
		return ""
	}
	return name
}

// String names what a script is for, in messages.
func (w where) String() string {
	if w.url != "" {
		return fmt.Sprintf("OnURL(%q)%s", w.url, w.narrowing())
	}
	return fmt.Sprintf("On(%q, %q)%s", cmp.Or(w.webhook, Any), cmp.Or(w.event, Any), w.narrowing())
}

func (w where) narrowing() string {
	text := ""
	if w.step != "" {
		text += fmt.Sprintf(".Step(%q)", w.step)
	}
	if w.workflow != "" {
		text += fmt.Sprintf(".In(%q)", w.workflow)
	}
	return text
}

// takes reports whether a script of this is for what happens there.
func (w where) takes(there where) bool {
	if (w.url != "") != (there.webhook == "") {
		return false
	}
	for _, pair := range [][2]string{{w.webhook, there.webhook}, {w.event, there.event}, {w.step, there.step},
		{w.workflow, there.workflow}, {w.url, there.url}} {
		if pair[0] != "" && pair[0] != Any && pair[0] != pair[1] {
			return false
		}
	}
	return true
}

// exactness counts how much of a place a script says.
func (w where) exactness() int {
	said := 0
	for _, each := range []string{w.webhook, w.event, w.step, w.workflow, w.url} {
		if each != "" && each != Any {
			said++
		}
	}
	return said
}

// ruleFor returns the rule that says most of what happens there, of those that
// say something of it; nil for none. The mutex is held.
func (h *Hooks) ruleFor(there where, says func(*rule) bool) *rule {
	var best *rule
	for _, r := range h.rules {
		if says(r) && r.takes(there) && (best == nil || r.exactness() > best.exactness()) {
			best = r
		}
	}
	return best
}

// caller returns the place in the test that calls this package.
func caller() string {
	callers := make([]uintptr, 16)
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers)])
	for frame, more := frames.Next(); more; frame, more = frames.Next() {
		if !strings.Contains(frame.Function, "/latchtest.(*") {
			return fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)
		}
	}
	return "an unknown place"
}
