package latch

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/latch-run/latch/internal/assign"
)

// These bound approvals, which stand in the records and in the list of open locks.
const (
	// maximumApprovals bounds the requirements of an event.
	maximumApprovals = 10
	// maximumApprovers bounds the names of a requirement, and the people who have to approve.
	maximumApprovers = 50
	// maximumForm bounds a form, in bytes.
	maximumForm = 32 << 10
)

// validateApprovals checks what is about votes.
func (e *Event) validateApprovals(problems *Problems, path string) {
	if e.Approvals == nil {
		e.refuseWithoutApprovals(problems, path)
		return
	}
	at := field(path, "approvals")
	switch {
	case !e.Blocking:
		problems.Addf(at, "needs blocking true: what is not held has no lock that people could approve")
	case len(e.Approvals) == 0:
		problems.Addf(at, "is empty: give at least one requirement, such as {\"count\": 1}, or leave it out")
	case len(e.Approvals) > maximumApprovals:
		problems.Addf(at, "there are %d; the limit is %d", len(e.Approvals), maximumApprovals)
		return
	}
	sound := true
	for i := range e.Approvals {
		sound = e.Approvals[i].validate(problems, element(at, i)) && sound
	}
	if sound {
		e.checkEnoughUsers(problems, at)
	}
	if !e.AllowsSelf() && e.AllowUnproven {
		problems.Addf(field(path, "allow_self"), "false cannot hold beside allow_unproven: the starter could vote under another name; leave "+
			"one of them out")
	}
	oneOf(problems, field(path, "reject"), e.Reject, RejectAny, RejectQuorum)
	e.validateForm(problems, field(path, "form"))
	for _, policy := range []struct{ key, value, when string }{
		{"on_timeout", e.OnTimeout, "the lock times out"}, {"on_error", e.OnError, "the delivery fails"}} {
		if policy.value == Continue {
			problems.Addf(field(path, policy.key), "continue would let pass without the approvals once %s; give stop or rollback", policy.when)
		}
	}
}

// refuseWithoutApprovals refuses keys that only votes give a meaning.
func (e *Event) refuseWithoutApprovals(problems *Problems, path string) {
	for _, each := range []struct {
		key   string
		given bool
	}{{"allow_self", e.AllowSelf != nil}, {"allow_unproven", e.AllowUnproven}, {"reject", e.Reject != ""}, {"form", hasValue(e.Form)}} {
		if each.given {
			problems.Addf(field(path, each.key), "needs approvals, such as [{\"count\": 1}]: it is about the votes of a lock")
		}
	}
}

func (e *Event) validateForm(problems *Problems, path string) {
	var object map[string]any
	switch {
	case !hasValue(e.Form):
	case len(e.Form) > maximumForm:
		problems.Addf(path, "has %d bytes; the limit is %d", len(e.Form), maximumForm)
	case Unmarshal(e.Form, &object) != nil:
		problems.Addf(path, "must be an object, a JSON Schema, not %s", abbreviate(e.Form))
	}
}

// validate reports whether the requirement could hold.
func (a *Approval) validate(problems *Problems, path string) bool {
	before := len(*problems)
	for _, list := range []struct {
		key   string
		names []string
	}{{"groups", a.Groups}, {"users", a.Users}} {
		at := field(path, list.key)
		if list.names != nil && len(list.names) == 0 {
			problems.Addf(at, "is empty, so that nobody is named: leave it out, or name at least one")
		}
		validateNames(problems, at, list.names, maximumApprovers)
	}
	switch count := a.People(); {
	case count < 1:
		problems.Addf(field(path, "count"), "must be 1 or more, not %d: what nobody has to approve is no requirement", count)
	case count > maximumApprovers:
		problems.Addf(field(path, "count"), "must be at most %d, not %d", maximumApprovers, count)
	case len(a.Groups) == 0 && len(a.Users) > 0 && count > len(a.Users):
		problems.Addf(field(path, "count"), "can never hold: %d have to approve, and users has %d", count, len(a.Users))
	}
	return len(*problems) == before
}

// validateNames checks names of groups or of people.
func validateNames(problems *Problems, path string, names []string, most int) {
	if len(names) > most {
		problems.Addf(path, "there are %d; the limit is %d", len(names), most)
		return
	}
	for i, name := range names {
		at := element(path, i)
		switch {
		case strings.TrimSpace(name) != name || name == "":
			problems.Addf(at, "%q is empty, or begins or ends with a blank", name)
		case len(name) > maximumNameLength:
			problems.Addf(at, "has %d bytes; the limit is %d", len(name), maximumNameLength)
		case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
			problems.Addf(at, "%q has control characters", name)
		case slices.ContainsFunc(names[:i], func(other string) bool { return strings.EqualFold(other, name) }):
			problems.Addf(at, "%q is named twice", name)
		}
	}
}

// checkEnoughUsers refuses requirements that name people alone, and together more places than
// people, since a person counts for one of them.
func (e *Event) checkEnoughUsers(problems *Problems, path string) {
	var people []string
	var sizes []int
	var named []Approval
	places := 0
	for _, approval := range e.Approvals {
		if len(approval.Groups) > 0 || len(approval.Users) == 0 {
			continue
		}
		sizes, named = append(sizes, approval.People()), append(named, approval)
		places += approval.People()
		for _, user := range approval.Users {
			if !slices.Contains(people, user) {
				people = append(people, user)
			}
		}
	}
	filled := 0
	may := func(person, group int) bool { return slices.Contains(named[group].Users, people[person]) }
	for _, n := range assign.Fill(sizes, len(people), may) {
		filled += n
	}
	if filled < places {
		problems.Addf(path, "can never hold: a person counts for one requirement, and of the %d people that those with users alone need, "+
			"their users can be %d", places, filled)
	}
}
