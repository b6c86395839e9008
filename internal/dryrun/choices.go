package dryrun

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/latchtest"
)

// StepAnswers say what people do about a failed step that waits for them (on_failure: pause).
type StepAnswers struct {
	// Step is the step's name, or * for any.
	Step string `json:"step"`
	// Choices are used one each time that the step waits. After the last, nobody chooses.
	Choices []Choice `json:"choices"`
}

// A Choice is what a person does about a failed step.
type Choice struct {
	// Choice is retry, skip, stop or rollback.
	Choice string `json:"choice"`
	// After is the time until the choice; a minute by default.
	After latch.Duration `json:"after,omitempty"`
	// By and Reason are those of the message.
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
}

var choices = []string{latch.MessageRetry, latch.MessageSkip, latch.MessageStop, latch.MessageRollback}

func (s *StepAnswers) check(problems *latch.Problems, path string) {
	if s.Step == "" {
		problems.Addf(path+".step", "required: the name of a step; %q is any", latchtest.Any)
	}
	if len(s.Choices) == 0 {
		problems.Addf(path+".choices", "required: at least one of %s", strings.Join(choices, ", "))
	}
	for i, choice := range s.Choices {
		choice.check(problems, fmt.Sprintf("%s.choices[%d]", path, i))
	}
}

func (c *Choice) check(problems *latch.Problems, path string) {
	if !slices.Contains(choices, c.Choice) {
		problems.Addf(path+".choice", "must be one of %s, not %q", strings.Join(choices, ", "), c.Choice)
		return
	}
	if c.After < 0 {
		problems.Addf(path+".after", "%s is negative", c.After)
	}
	message, _ := json.Marshal(c.message("step")) // no value of it fails
	var err error
	switch c.Choice {
	case latch.MessageRetry:
		err = new(latch.StepRetry).Decode(message)
	case latch.MessageSkip:
		err = new(latch.Skip).Decode(message)
	default:
		err = new(latch.Control).Decode(message)
	}
	if err != nil {
		problems.Addf(path, "%v", err)
	}
}

// message returns the message that makes the choice about a step.
func (c *Choice) message(step string) any {
	switch c.Choice {
	case latch.MessageRetry:
		return latch.StepRetry{Step: step, By: c.By, Reason: c.Reason}
	case latch.MessageSkip:
		return latch.Skip{Step: step, By: c.By, Reason: c.Reason}
	default:
		return latch.Control{By: c.By, Reason: c.Reason}
	}
}

// why says who chooses, and why.
func (c *Choice) why() string {
	var why []string
	if c.By != "" {
		why = append(why, "by "+c.By)
	}
	if c.Reason != "" {
		why = append(why, c.Reason)
	}
	return strings.Join(why, ": ")
}

// soon is when people make a choice that does not say when.
const soon = time.Minute

// A chooser makes people's choices about failed steps.
type chooser struct {
	answers []StepAnswers
	env     *testsuite.TestWorkflowEnvironment
	// requests counts the requests that have been sent.
	requests func() int

	mutex sync.Mutex
	// seen are the pauses that were noticed, and given counts the choices of each step.
	seen  map[latch.PausedStep]bool
	given map[string]int
	// used are the indexes of the answers that a step waited for.
	used map[int]bool
	told []paused
}

// A paused event is that a step waits, or what somebody chooses.
type paused struct {
	at     time.Time
	step   string
	error  string
	choice *Choice
	// requestsBefore counts the requests that had been sent.
	requestsBefore int
}

func newChooser(answers []StepAnswers, env *testsuite.TestWorkflowEnvironment) *chooser {
	return &chooser{answers: answers, env: env, seen: map[latch.PausedStep]bool{}, given: map[string]int{}, used: map[int]bool{}}
}

// watch chooses whenever the status of a run shows a failed step that waits.
func (c *chooser) watch(ctx workflow.Context, status func() (latch.Status, error)) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			var fresh []latch.PausedStep
			err := workflow.Await(ctx, func() bool {
				fresh = c.fresh(status)
				return len(fresh) > 0
			})
			if err != nil {
				return // the run was cancelled
			}
			for _, step := range fresh {
				c.choose(workflow.Now(ctx), step)
			}
		}
	})
}

// fresh returns the failed steps that were not noticed yet.
func (c *chooser) fresh(status func() (latch.Status, error)) []latch.PausedStep {
	shown, err := status()
	if err != nil {
		return nil
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return slices.DeleteFunc(shown.Paused, func(step latch.PausedStep) bool { return c.seen[step] })
}

// choose notes that a step waits, and makes the next choice about it at its time.
func (c *chooser) choose(now time.Time, step latch.PausedStep) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.seen[step] = true
	c.told = append(c.told, paused{at: now, step: step.Step, error: step.Error, requestsBefore: c.requests()})
	i := c.answerFor(step.Step)
	if i < 0 {
		return
	}
	c.used[i] = true
	n := c.given[step.Step]
	if n >= len(c.answers[i].Choices) {
		return
	}
	c.given[step.Step]++
	choice := c.answers[i].Choices[n]
	delay := time.Duration(choice.After)
	if delay == 0 {
		delay = soon
	}
	c.env.RegisterDelayedCallback(func() { c.send(step.Step, choice) }, delay)
}

// answerFor returns the index of the answers for a step: those that name it, or else those for
// any; -1 for none.
func (c *chooser) answerFor(step string) int {
	for _, name := range []string{step, latchtest.Any} {
		if i := slices.IndexFunc(c.answers, func(s StepAnswers) bool { return s.Step == name }); i >= 0 {
			return i
		}
	}
	return -1
}

func (c *chooser) send(step string, choice Choice) {
	c.mutex.Lock()
	c.told = append(c.told, paused{at: c.env.Now(), step: step, choice: &choice, requestsBefore: c.requests()})
	c.mutex.Unlock()
	c.env.SignalWorkflow(choice.Choice, choice.message(step))
}

// events returns what was noticed and chosen, each with its place in the timeline.
func (c *chooser) events(after func(time.Time) latch.Duration, add func(Happening, int)) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, each := range c.told {
		event := Happening{Kind: Paused, After: after(each.at), Step: each.step, Note: each.error}
		if choice := each.choice; choice != nil {
			event.Kind, event.Decision = Chosen, choice.Choice
			event.Note = choice.why()
		}
		add(event, each.requestsBefore)
	}
}

// unused returns the paths of the answers about steps that never waited.
func (c *chooser) unused() []string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var unused []string
	for i := range c.answers {
		if !c.used[i] {
			unused = append(unused, fmt.Sprintf("steps[%d]", i))
		}
	}
	return unused
}
