package admission

import (
	"errors"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/freeze"
)

// DecodeJob decodes a job strictly and compiles all its expressions and templates. Its error is
// [latch.Problems]: first the problems with the shape, then those of expressions and templates.
func DecodeJob(data []byte) (*latch.Job, error) {
	job, err := latch.DecodeJob(data)
	return job, admit(err, job)
}

// DecodeRelease is [DecodeJob] for a release.
func DecodeRelease(data []byte) (*latch.Release, error) {
	release, err := latch.DecodeRelease(data)
	return release, admit(err, release)
}

// DecodeEmission is [DecodeJob] for an emission.
func DecodeEmission(data []byte) (*latch.Emission, error) {
	emission, err := latch.DecodeEmission(data)
	return emission, admit(err, emission)
}

// DecodeEmissionBatch is [DecodeJob] for several emissions of one run.
func DecodeEmissionBatch(data []byte) (*latch.EmissionBatch, error) {
	batch, err := latch.DecodeEmissionBatch(data)
	return batch, admit(err, batch)
}

// DecodeGate is [DecodeJob] for a gate: an emission whose hooks decide at the custom event, with a
// deadline.
func DecodeGate(data []byte) (*latch.Gate, error) {
	gate, err := latch.DecodeGate(data)
	return gate, admit(err, gate.Emission())
}

// DecodeRegisteredWebhook is [DecodeJob] for a webhook that is to be registered.
func DecodeRegisteredWebhook(data []byte) (*latch.RegisteredWebhook, error) {
	webhook, err := latch.DecodeRegisteredWebhook(data)
	return webhook, admit(err, webhook)
}

// DecodeWatch is [DecodeJob] for a watch.
func DecodeWatch(data []byte) (*latch.RegisteredWatch, error) {
	watch, err := latch.DecodeWatch(data)
	return watch, admit(err, watch)
}

// DecodeFreeze is [DecodeJob] for a freeze, whose times it checks too.
func DecodeFreeze(data []byte) (*latch.RegisteredFreeze, error) {
	registered, err := latch.DecodeFreeze(data)
	problems := problemsOf(admit(err, registered))
	return registered, problems.Merge(freeze.Check(&registered.Freeze)).Err()
}

// CheckWatch returns all that is wrong with a watch that was decoded already.
func CheckWatch(watch *latch.Watch) latch.Problems {
	return problemsOf(admit(watch.Validate().Err(), watch))
}

// CheckJob returns all that is wrong with a job that Go code built.
func CheckJob(job *latch.Job) latch.Problems {
	return problemsOf(admit(job.Validate().Err(), job))
}

// CheckSum returns a problem if the expressions of admitted events are too many for one run.
func CheckSum(batch *latch.EmissionBatch) latch.Problems { return tooMuch(batch) }

// admit appends compile errors to the problems with the shape. If the expressions are too many in
// total, it compiles none.
func admit(shape error, input any) error {
	c := compiler{shape: problemsOf(shape)}
	if problems := tooMuch(input); len(problems) > 0 {
		return append(c.shape, problems...).Err()
	}
	(&walker{visit: &c}).walk(input)
	return append(c.shape.Merge(c.templates), c.expressions...).Err()
}

func problemsOf(err error) latch.Problems {
	var problems latch.Problems
	if err != nil && !errors.As(err, &problems) {
		problems.Addf("", "%v", err)
	}
	return problems
}
