package cli

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/apiclient"
)

// apiAnnotation tells of a command whether it can speak to the HTTP API.
const (
	apiAnnotation = "latch:api"
	apiTaken      = "taken"
	apiRefused    = "refused"
)

// takesAPI marks a command that can speak to the HTTP API as well as to
// Temporal.
func takesAPI(command *cobra.Command) *cobra.Command {
	command.Annotations = map[string]string{apiAnnotation: apiTaken}
	return command
}

// needsTemporal marks a command that can speak to Temporal alone.
func needsTemporal(command *cobra.Command) *cobra.Command {
	command.Annotations = map[string]string{apiAnnotation: apiRefused}
	return command
}

// prepareAPI makes the client of the API where one is given. A command that
// asks no server minds the flag, and not the variable.
func (a *app) prepareAPI(command *cobra.Command) error {
	source := "LATCH_API"
	if flag := command.Flags().Lookup("api"); flag != nil && flag.Changed {
		a.settings.API, source = flag.Value.String(), "--api"
	}
	if a.settings.API == "" {
		return nil
	}
	switch command.Annotations[apiAnnotation] {
	case apiTaken:
	case apiRefused:
		return fmt.Errorf("%s speaks to Temporal alone, and not to the API that %s gives; --api '' leaves the API out", command.CommandPath(), source)
	default:
		if source == "--api" {
			return fmt.Errorf("%s asks no server, and takes no --api", command.CommandPath())
		}
		return nil
	}
	var err error
	if a.api, err = apiclient.New(a.settings.API, a.settings.APIKey); err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	if a.settings.APIKey != "" && a.api.IsOpen() {
		a.warn("the key goes to %s unencrypted, for all on the way to read; use https", a.api.Address())
	}
	a.warnOfNames(command)
	return nil
}

// warnOfNames tells that the API goes by the key's name.
func (a *app) warnOfNames(command *cobra.Command) {
	if by := command.Flags().Lookup("by"); by != nil && by.Changed {
		a.warn("the API records the name of the key, and not --by %s", shell(by.Value.String()))
	}
}

// apiFailure returns what the API refused the exit code and the kind that the
// same has with Temporal; conflict is the kind of an answer 409.
func (a *app) apiFailure(err error, conflict string) error {
	var unreachable *apiclient.Unreachable
	var problem *apiclient.Problem
	switch {
	case errors.As(err, &unreachable):
		return newFailure(exitUnreachable, kindUnreachable, "cannot reach the API at %s: %v; --api or LATCH_API says where it is", a.api.Address(), unreachable)
	case errors.As(err, &problem):
		return a.apiRefusal(problem, conflict)
	default:
		return err
	}
}

func (a *app) apiRefusal(problem *apiclient.Problem, conflict string) error {
	text := oneLine(problem.Error())
	switch problem.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return newFailure(exitUnreachable, kindUnreachable, "the API at %s lets this in not: %s (LATCH_API_KEY is the key)", a.api.Address(), text)
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		failure := newFailure(exitUsage, latch.ErrorInvalidArgument, "%s", text)
		if failure.Problems = problem.Problems(); len(failure.Problems) > 1 {
			failure.text = printable(failure.Problems.Error())
		}
		return failure
	case http.StatusNotFound:
		return newFailure(exitFailed, kindNotFound, "%s", text)
	case http.StatusConflict:
		failure := newFailure(exitFailed, conflict, "%s", text)
		failure.Record = problem.Record
		return failure
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return newFailure(exitUnreachable, kindUnreachable, "%s", text)
	default:
		return newFailure(exitFailed, kindFailed, "%s", text)
	}
}
