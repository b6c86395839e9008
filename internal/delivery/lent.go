package delivery

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/latch-run/latch/internal/mask"
	"github.com/latch-run/latch/internal/secret"
)

// A Lent holds the secrets that a command of the worker receives in its environment. It masks
// these and all other secrets of the worker in the command's output.
type Lent struct {
	// Environment has NAME=value of each secret, sorted by name.
	Environment []string
	masker      *mask.Masker
}

// Lend looks up the secrets that variables refer to. It rejects a secret that is only for
// signing, and one that is bound to hosts but not to commands. Its error is a [*PermanentError]
// that names every rejected secret.
func (s *Sender) Lend(variables map[string]string) (*Lent, error) {
	if s == nil {
		s = &Sender{maskers: mask.NewCache()}
	}
	var names []string
	for _, variable := range sortedNames(variables) {
		names = append(names, variables[variable])
	}
	found, texts, err := s.lookup(names)
	problems := []error{err}
	lent := &Lent{masker: s.maskerOf(texts)}
	for _, variable := range sortedNames(variables) {
		held := found.of(variables[variable])
		if held == nil {
			continue
		}
		value, err := lendable(held)
		if err != nil {
			problems = append(problems, fmt.Errorf("env_secrets.%s: %w", variable, err))
		}
		lent.Environment = append(lent.Environment, variable+"="+value)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, (&call{target: "command", masker: lent.masker}).fail(err)
	}
	return lent, nil
}

// lendable returns the text of a secret for a command: its first line, or all of it if it is
// PEM.
func lendable(held *secret.Secret) (string, error) {
	if err := held.MayGoTo(secret.Place{}); err != nil {
		return "", err
	}
	document, isPEM := held.Document()
	if isPEM {
		return document, nil
	}
	return sendable(held, "lent to a command")
}

// Text masks secrets in a command's output.
func (l *Lent) Text(text string) string { return l.masker.Text(text) }

// Beginning is like [Lent.Text] for the beginning of an output, which may end within a secret.
func (l *Lent) Beginning(text string) string { return l.masker.UpTo(text, l.masker.Whole(text)) }

// JSON masks secrets in a JSON value.
func (l *Lent) JSON(value json.RawMessage) json.RawMessage { return l.masker.JSON(value) }
