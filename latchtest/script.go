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

// Any matches any webhook or event in [Hooks.On], and any URL in [Hooks.OnURL].
const Any = "*"

// A Script says what happens to the requests and locks of some hooks. Its
// answers are used in order, and the last one for all further requests;
// removals of locks likewise. If several scripts match a request, the most
// specific one (by webhook, event, step, workflow) answers, and of equally
// specific ones the one begun first.
type Script struct {
	hooks *Hooks
	where where
}

// A where selects requests and locks; "" matches any.
type where struct{ webhook, event, step, workflow, url string }

// A rule combines all scripts with the same where.
type rule struct {
	where
	// at is the line of the test that began it.
	at       string
	answers  []answerer
	given    int
	removals []removal
	// begun counts the removals that were scheduled, removed those that
	// succeeded. missed says why one did not.
	begun, removed int
	missed         string
	optional       bool
}

// On begins or continues the script of a webhook at an event; either may be
// [Any]. webhook is the id of the webhook, whichever run it belongs to.
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

// OnURL begins or continues the script of requests to a URL that do not belong
// to a webhook: those of an http task, or for an OAuth2 token. url is the URL
// that is requested, with its templates rendered, or [Any].
func (h *Hooks) OnURL(url string) *Script {
	h.t.Helper()
	if url != Any && !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://") {
		h.fatalf("latchtest: OnURL(%q): a URL begins with http:// or https://", url)
	}
	return &Script{h, where{url: url}}
}

// Step restricts the script to the event of one step of a release.
func (s *Script) Step(name string) *Script {
	narrowed := s.where
	narrowed.step = name
	return &Script{s.hooks, narrowed}
}

// In restricts the script to one workflow, such as a child, by its workflow id.
func (s *Script) In(workflowID string) *Script {
	narrowed := s.where
	narrowed.workflow = workflowID
	return &Script{s.hooks, narrowed}
}

// Maybe allows the script to be unused, or not used up.
func (s *Script) Maybe() *Script {
	s.change(func(r *rule) { r.optional = true })
	return s
}

// change changes the rule of the script, which it creates if necessary.
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

// String describes what a script matches, for messages.
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

// takes reports whether a script with this where matches.
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

// exactness returns how specific the where is.
func (w where) exactness() int {
	said := 0
	for _, each := range []string{w.webhook, w.event, w.step, w.workflow, w.url} {
		if each != "" && each != Any {
			said++
		}
	}
	return said
}

// ruleFor returns the most specific rule that matches there and for which says
// is true, or nil. The caller holds the mutex.
func (h *Hooks) ruleFor(there where, says func(*rule) bool) *rule {
	var best *rule
	for _, r := range h.rules {
		if says(r) && r.takes(there) && (best == nil || r.exactness() > best.exactness()) {
			best = r
		}
	}
	return best
}

// caller returns the line of the test that called this package.
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
