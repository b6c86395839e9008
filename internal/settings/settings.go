package settings

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Read reads the environment into a struct whose fields have `env` tags. All
// variables that cannot be read are reported at once, each with its name; the
// fields of the others are set all the same, so that they can be checked too.
func Read[T any]() (T, error) {
	read, err := env.ParseAs[T]()
	var all env.AggregateError
	if !errors.As(err, &all) {
		return read, err
	}
	var problems []error
	for _, problem := range all.Errors {
		problems = append(problems, named(reflect.TypeFor[T](), problem))
	}
	return read, errors.Join(problems...)
}

// named puts a variable's name before what is wrong with it; the parser tells
// the field's.
func named(of reflect.Type, problem error) error {
	var parsing env.ParseError
	if !errors.As(problem, &parsing) {
		return problem
	}
	field, found := of.FieldByName(parsing.Name)
	if !found {
		return problem
	}
	variable, _, _ := strings.Cut(field.Tag.Get("env"), ",")
	return fmt.Errorf("%s: %w", variable, parsing.Err)
}

// Trimmed takes the spaces from around a list's entries.
func Trimmed(entries []string) []string {
	for i := range entries {
		entries[i] = strings.TrimSpace(entries[i])
	}
	return entries
}
