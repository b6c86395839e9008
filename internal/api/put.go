package api

import (
	"cmp"
	"errors"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/registry"
)

// decodedUnder strictly decodes what is put under the id of a path, which the body need not repeat. An
// empty id stands for a path without one. own returns where the decoded value has its id.
func decodedUnder[T any](body []byte, id string, decode func([]byte) (*T, error), own func(*T) *string,
	validate func(*T) latch.Problems) (*T, error) {
	if err := NeedJSON(body); err != nil {
		return nil, err
	}
	decoded, err := decode(body)
	var problems latch.Problems
	if err != nil && !errors.As(err, &problems) || id == "" {
		return decoded, Decoded(err)
	}
	problems = underID(id, own(decoded), problems, func() latch.Problems { return validate(decoded) })
	return decoded, Decoded(problems.Err())
}

// underID gives what is put under an id that id, where it has none, and returns what
// is wrong then.
func underID(id string, own *string, problems latch.Problems, validate func() latch.Problems) latch.Problems {
	if *own == "" {
		*own = id
		problems = withoutPath(problems, "id")
		for _, each := range validate() {
			if each.Path == "id" {
				problems = append(problems, each)
			}
		}
	}
	if *own != id {
		problems.Addf("id", "%q differs from the id in the path; leave it out", *own)
	}
	return problems
}

// withoutPath returns the problems at other paths.
func withoutPath(problems latch.Problems, path string) latch.Problems {
	var others latch.Problems
	for _, each := range problems {
		if each.Path != path {
			others = append(others, each)
		}
	}
	return others
}

// orGone returns the error to answer with if a change failed with err. If what the caller read is gone,
// that is a failed precondition.
func orGone(err error, ifMatch string) error {
	if !errors.Is(err, registry.ErrUnknown) {
		return err
	}
	return cmp.Or(CheckGone(ifMatch), err)
}
