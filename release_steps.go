package latch

import (
	"encoding/json"
	"slices"
	"strings"
)

// A Target is one of the targets of a release's steps. In JSON, a target without vars may be
// only its name.
type Target struct {
	Name string `json:"name" latch:"plain"`
	// Vars are available to templates as target.vars.
	Vars Object `json:"vars,omitempty" latch:"plain"`
}

// UnmarshalJSON decodes a target or its name.
func (t *Target) UnmarshalJSON(data []byte) error {
	if isString(data) {
		return json.Unmarshal(data, &t.Name)
	}
	type plain Target
	return json.Unmarshal(data, (*plain)(t))
}

// These are the limits of a release.
const (
	// maximumTaken bounds the steps of a release, each counted once for each target.
	maximumTaken = 1000
	// maximumTargets bounds the targets.
	maximumTargets = 200
)

// A TakenStep is one execution of a step. A release with targets has one for each of them.
type TakenStep struct {
	// Step is the step. Its name is <target>/<name> if there are targets.
	Step
	// Target is the index of its target, or -1.
	Target int
	// Group numbers the groups of parallel steps, from 1. It is 0 for a step that runs alone.
	Group int
}

// AllSteps returns the steps that the release runs, grouped by target, in order. Their indexes
// are those of [ReleaseResult].Steps.
func (r *Release) AllSteps() []TakenStep {
	var base []TakenStep
	groups := 0
	for _, step := range r.Steps {
		if len(step.Parallel) == 0 {
			base = append(base, TakenStep{Step: step, Target: -1})
			continue
		}
		groups++
		for _, each := range step.Parallel {
			base = append(base, TakenStep{Step: each.step(), Target: -1, Group: groups})
		}
	}
	if len(r.Targets) == 0 {
		return base
	}
	all := make([]TakenStep, 0, len(base)*len(r.Targets))
	for t, target := range r.Targets {
		for _, step := range base {
			step.Name, step.Target = target.Name+"/"+step.Name, t
			if step.Group > 0 {
				step.Group += t * groups
			}
			all = append(all, step)
		}
	}
	return all
}

// TargetName returns the name of the target at the index, or "" for -1.
func (r *Release) TargetName(index int) string {
	if index < 0 {
		return ""
	}
	return r.Targets[index].Name
}

// TargetsAtOnce returns for how many targets the steps run at the same time.
func (r *Release) TargetsAtOnce() int { return max(r.AtOnce, 1) }

func (r *Release) validateSteps(problems *Problems) {
	if len(r.Steps) == 0 {
		problems.Addf("steps", "required: at least one step")
	}
	seen := map[string]bool{}
	count := 0
	for i := range r.Steps {
		at := element("steps", i)
		if r.Steps[i].Parallel == nil {
			count++
			r.Steps[i].validate(problems, at, "required: the step's task, or parallel", seen)
			continue
		}
		r.Steps[i].validateGroup(problems, at)
		for k := range r.Steps[i].Parallel {
			count++
			step := r.Steps[i].Parallel[k].step()
			step.validate(problems, element(field(at, "parallel"), k), "required: the step's task", seen)
		}
	}
	r.validateTargets(problems, count)
}

// validateGroup checks a group of parallel steps.
func (s *Step) validateGroup(problems *Problems, path string) {
	switch {
	case s.Do != nil || s.Undo != nil:
		problems.Addf(field(path, "parallel"), "an element of steps has either do, with its undo, or parallel, not both")
	case s.Name != "":
		problems.Addf(field(path, "name"), "the steps in parallel have names, what holds them has none")
	}
	if len(s.Parallel) < 2 {
		problems.Addf(field(path, "parallel"), "takes at least 2 steps, not %d", len(s.Parallel))
	}
}

// validate checks a step that has work. missing is the problem of a step without work.
func (s *Step) validate(problems *Problems, path, missing string, seen map[string]bool) {
	if requireText(problems, field(path, "name"), s.Name) {
		checkNameLength(problems, field(path, "name"), s.Name)
	}
	if s.Do != nil {
		s.Do.validate(problems, field(path, "do"))
	} else {
		problems.Addf(field(path, "do"), "%s", missing)
	}
	if s.Undo != nil {
		s.Undo.validate(problems, field(path, "undo"))
	}
	if s.Name != "" && seen[s.Name] {
		problems.Addf(field(path, "name"), "duplicate step name %q", s.Name)
	}
	seen[s.Name] = true
}

func checkNameLength(problems *Problems, path, name string) {
	if len(name) > maximumNameLength {
		problems.Addf(path, "a name has at most %d bytes, this one %d", maximumNameLength, len(name))
	}
}

// validateTargets checks the targets of a release with the given number of steps for each.
func (r *Release) validateTargets(problems *Problems, steps int) {
	switch {
	case r.AtOnce < 0:
		problems.Addf("at_once", "must be 1 or more, not %d", r.AtOnce)
	case r.AtOnce > 0 && len(r.Targets) == 0:
		problems.Addf("at_once", "says for how many targets at a time steps are taken, but there are no targets")
	case r.Targets != nil && len(r.Targets) == 0:
		problems.Addf("targets", "at least one target; leave the key out for a release without targets")
	}
	if len(r.Targets) > maximumTargets {
		problems.Addf("targets", "at most %d targets, not %d", maximumTargets, len(r.Targets))
	}
	if taken := steps * max(len(r.Targets), 1); taken > maximumTaken {
		problems.Addf("steps", "a release takes at most %d steps, each counted for each target; these are %d", maximumTaken, taken)
	}
	for i, target := range r.Targets {
		at := field(element("targets", i), "name")
		switch {
		case !requireText(problems, at, target.Name):
		case strings.Contains(target.Name, "/"):
			problems.Addf(at, "%q has a slash, which stands between a target and its step", target.Name)
		case slices.ContainsFunc(r.Targets[:i], func(t Target) bool { return t.Name == target.Name }):
			problems.Addf(at, "duplicate target name %q", target.Name)
		default:
			r.checkTakenNames(problems, at, target.Name)
		}
		boundObject(problems, field(element("targets", i), "vars"), target.Vars)
	}
}

// checkTakenNames refuses a target whose steps would have names that are too long.
func (r *Release) checkTakenNames(problems *Problems, path, target string) {
	for _, step := range (&Release{Steps: r.Steps}).AllSteps() {
		if name := target + "/" + step.Name; len(name) > maximumNameLength {
			problems.Addf(path, "a step of a target is named <target>/<step>, in at most %d bytes; %q has %d", maximumNameLength, name, len(name))
			return
		}
	}
}
