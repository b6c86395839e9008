package delivery

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/latch-run/latch/internal/mask"
	"github.com/latch-run/latch/internal/secret"
)

// A Lent has the secrets that a command of the worker's is lent in its
// environment, and hides them, with all others that the worker holds, in what
// the command says.
type Lent struct {
	// Environment has NAME=value of each, in the order of their names.
	Environment []string
	masker      *mask.Masker
}

// Lend looks up the secrets that variables name. A secret that only signs is
// not lent, nor is one that is bound to hosts unless it is bound to commands
// too. It fails with a [*PermanentError] about every one that is wrong.
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

// lendable returns the text of a secret for a command: its first line, or all
// of one that is PEM.
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

// Text hides secrets in what a command said.
func (l *Lent) Text(text string) string { return l.masker.Text(text) }

// Beginning is [Lent.Text] of the beginning of what a command said, which may
// end within a secret.
func (l *Lent) Beginning(text string) string { return l.masker.UpTo(text, l.masker.Whole(text)) }

// JSON hides secrets in a JSON value.
func (l *Lent) JSON(value json.RawMessage) json.RawMessage { return l.masker.JSON(value) }
