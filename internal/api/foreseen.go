package api

import (
	"encoding/json"
	"errors"

	"github.com/latch-run/latch/internal/declared"
	"github.com/latch-run/latch/internal/registry"
)

// A PUT of what is registered can be foreseen: the API compares, since only it knows the
// credentials, which it shows to nobody.

// DryRunQuery is the parameter of calls that can be foreseen. It is exported because huma fills in the
// fields of exported types only.
type DryRunQuery struct {
	DryRun bool `query:"dry_run" doc:"Check all, answer what would change, and write nothing"`
}

// A FieldChange is a field that would change.
type FieldChange struct {
	Field string `json:"field" doc:"The path of the field, such as events[0].timeout"`
	From  any    `json:"from,omitempty" doc:"Its value; absent for a field that would be added"`
	To    any    `json:"to,omitempty" doc:"Its new value; absent for a field that would be removed"`
}

// FieldChanges returns the changes as the API answers them.
func FieldChanges(changes []declared.FieldChange) []FieldChange {
	all := make([]FieldChange, len(changes))
	for i, change := range changes {
		all[i] = FieldChange{Field: change.Field, From: orNothing(change.From), To: orNothing(change.To)}
	}
	return all
}

// orNothing returns nil for no value, which JSON then leaves out.
func orNothing(value json.RawMessage) any {
	if value == nil {
		return nil
	}
	return value
}

// currentOrNew returns what the registry found, or the zero value for what is not registered, after
// check accepted it; nil stands for the latter.
func currentOrNew[T any](found *T, err error, check func(*T) error) (*T, error) {
	switch {
	case errors.Is(err, registry.ErrUnknown):
		return new(T), check(nil)
	case err != nil:
		return nil, err
	default:
		return found, check(found)
	}
}
