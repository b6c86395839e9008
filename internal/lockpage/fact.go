package lockpage

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/runs"
)

// Bounds of the vars, instance and data that the page shows.
const (
	maximumFacts     = 50
	maximumFactBytes = 300
)

// A factView is one entry of a run's vars, instance or data.
type factView struct{ Name, Value string }

// factsOf returns the vars, instance and data of a run, sorted by name within
// each, at most maximumFacts of them.
func factsOf(d *runs.Definition) []factView {
	var facts []factView
	for _, object := range []struct {
		name   string
		values latch.Object
	}{
		{"vars", firstObject(d.Release.Vars, d.Job.Vars, d.Emission.Vars)},
		{"instance", firstObject(d.Release.Instance, d.Emission.Instance)},
		{"data", d.Emission.Data},
	} {
		for _, key := range slices.Sorted(maps.Keys(object.values)) {
			facts = append(facts, factView{object.name + "." + key, factText(object.values[key])})
		}
	}
	return facts[:min(len(facts), maximumFacts)]
}

// firstObject returns the first object that has entries: a definition describes
// only one kind of run.
func firstObject(objects ...latch.Object) latch.Object {
	for _, object := range objects {
		if len(object) > 0 {
			return object
		}
	}
	return nil
}

// factText returns a string unchanged and any other value as JSON, shortened.
func factText(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) != nil {
		text = string(value)
	}
	return excerpt.Of(text, maximumFactBytes)
}
