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

// Read is [From] with the process's own environment.
func Read[T any]() (T, error) { return From[T](os.Environ()) }

// From reads an environment, as of os.Environ, into a struct whose fields have
// `env` tags. All variables that cannot be read are reported at once, each with
// its name, its value and what it takes; the fields of the others are set all
// the same, so that they can be checked too.
//
// The values of text are not looked at here, so that none of them stands in the
// error: secrets are text.
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

// plain returns, for a variable that cannot be read, an error with its value and
// what it takes; the parser's own names the field and its Go type.
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

// logLevels are the names of the levels of a log.
var logLevels = []string{"debug", "info", "warn", "error"}

// refusal says what a value is not.
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

// Named puts a variable's name before each of the errors that are joined in one.
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

// Trimmed takes the spaces from around a list's entries.
func Trimmed(entries []string) []string {
	for i := range entries {
		entries[i] = strings.TrimSpace(entries[i])
	}
	return entries
}
