package latchtest

import (
	"encoding/json"
	"fmt"

	"github.com/latch-run/latch/internal/spec"
)

// Spec reads the file of a job, a release or an emission (YAML or JSON), as the
// command line does, and returns the name of the workflow that runs it, and its
// input.
//
//	env.ExecuteWorkflow(hooks.Spec("release.yaml"))
//
// Problems with the job or release fail its run, as in production. A file that
// cannot be read, or that contains something else, ends the test at once.
func (h *Hooks) Spec(path string) (workflow string, input json.RawMessage) {
	h.t.Helper()
	workflow, input, err := readSpec(path)
	if err != nil {
		h.fatalf("latchtest: Spec(%q): %v", path, err)
	}
	return workflow, input
}

func readSpec(path string) (workflow string, input json.RawMessage, err error) {
	data, err := spec.Read(path, nil)
	if err != nil {
		return "", nil, err
	}
	kind, err := spec.KindOf(data)
	if err != nil {
		return "", nil, err
	}
	if kind.Workflow() == "" {
		return "", nil, fmt.Errorf("it holds a file of the kind %s, which has no runs; give a job, a release or an emission", kind)
	}
	return kind.Workflow(), data, nil
}
