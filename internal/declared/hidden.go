package declared

import (
	"maps"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/urlmask"
)

// An export shows *** in place of credentials. When such a document is applied, the registered
// values stay.

// aboutHidden is part of validation's messages about hidden values. Whether a value can be
// restored is only known together with the registered entry.
const aboutHidden = "where a credential was hidden when it was shown"

// withoutHidden removes validation's problems about hidden values.
func withoutHidden(problems latch.Problems) latch.Problems {
	var others latch.Problems
	for _, problem := range problems {
		if !strings.Contains(problem.Message, aboutHidden) {
			others = append(others, problem)
		}
	}
	return others
}

// restore replaces *** in a job by the registered values, and validates it again. A value that
// cannot be restored is a problem.
func (i *Item) restore(before *registry.Definition) (problems latch.Problems) {
	if encoded := rawjson.Encode(i.Job); i.Job != nil && urlmask.IsHidden(encoded) {
		job, err := admission.DecodeJob(urlmask.Restore(encoded, rawjson.Encode(before.Job)))
		add(&problems, err)
		i.Job = job
	}
	extras := maps.Clone(i.Extras)
	for key, value := range extras {
		extras[key] = urlmask.Restore(value, before.Extras[key])
		if urlmask.IsHidden(extras[key]) {
			problems.Addf(keyExtras+"."+key, "has %s %s, and nothing is registered that has its value", urlmask.Hidden, aboutHidden)
		}
	}
	i.Extras = extras
	return problems
}
