package settings

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/latch-run/latch/internal/typo"
)

// Read is [From] for the environment of the process.
func Read[T any]() (T, error) { return From[T](os.Environ()) }

// From reads an environment, in the format of os.Environ, into a struct whose
// fields have `env` tags. It reports all variables that cannot be parsed at
// once, each with its name, its value and what is valid; the other fields are
// set nevertheless, so that they can be checked too.
//
// From does not check strings, so that none of them is quoted in the error:
// secrets are strings.
func From[T any](environ []string) (T, error) {
	values := env.ToMap(environ)
	read, err := env.ParseAsWithOptions[T](env.Options{Environment: values})
	var all env.AggregateError
	if !errors.As(err, &all) {
		return read, err
	}
	var problems []error
	for _, problem := range all.Errors {
		problems = append(problems, plain(reflect.TypeFor[T](), values, problem))
	}
	return read, errors.Join(problems...)
}

// plain converts the parser's error for a variable to one with its name, its
// value and what is valid; the parser's own error names the field and its Go
// type.
func plain(of reflect.Type, values map[string]string, problem error) error {
	var parsing env.ParseError
	if !errors.As(problem, &parsing) {
		return problem
	}
	field, found := of.FieldByName(parsing.Name)
	if !found {
		return problem
	}
	variable := variableOf(field)
	return fmt.Errorf("%s: %s", variable, refusal(field.Type, values[variable]))
}

func variableOf(field reflect.StructField) string {
	variable, _, _ := strings.Cut(field.Tag.Get("env"), ",")
	return variable
}

// logLevels are the names of the log levels.
var logLevels = []string{"debug", "info", "warn", "error"}

// refusal says why a value is not valid for a type.
func refusal(of reflect.Type, value string) string {
	switch of {
	case reflect.TypeFor[time.Duration]():
		return fmt.Sprintf(`%q is not a duration such as "90s", "10m" or "4h"`, value)
	case reflect.TypeFor[slog.Level]():
		return fmt.Sprintf("%q is not a log level: debug, info, warn or error%s", value, typo.Hint(value, logLevels))
	case reflect.TypeFor[bool]():
		return fmt.Sprintf("%q is neither true nor false%s", value, typo.Hint(value, []string{"true", "false"}))
	case reflect.TypeFor[int]():
		return fmt.Sprintf("%q is not a whole number", value)
	default:
		return fmt.Sprintf("%q cannot be read", value)
	}
}

// Named prefixes each of the errors joined in err with the name of a variable.
func Named(variable string, err error) error {
	if err == nil {
		return nil
	}
	joined, several := err.(interface{ Unwrap() []error })
	if !several {
		return fmt.Errorf("%s: %w", variable, err)
	}
	var problems []error
	for _, each := range joined.Unwrap() {
		problems = append(problems, Named(variable, each))
	}
	return errors.Join(problems...)
}

// Trimmed removes spaces around the entries of a list.
func Trimmed(entries []string) []string {
	for i := range entries {
		entries[i] = strings.TrimSpace(entries[i])
	}
	return entries
}
