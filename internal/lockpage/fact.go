package lockpage

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/runs"
)

// Bounds of what the page shows of vars, instance and data.
const (
	maximumFacts     = 50
	maximumFactBytes = 300
)

// A factView is one entry of a run's vars, instance or data.
type factView struct{ Name, Value string }

// factsOf returns what the run's author says of it, sorted by name within each
// object, at most maximumFacts of them.
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

// firstObject returns the first object that has entries: a definition has one
// kind of run only.
func firstObject(objects ...latch.Object) latch.Object {
	for _, object := range objects {
		if len(object) > 0 {
			return object
		}
	}
	return nil
}

// factText shows a string as it is and all else as JSON, cut to a length.
func factText(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) != nil {
		text = string(value)
	}
	return excerpt.Of(text, maximumFactBytes)
}
