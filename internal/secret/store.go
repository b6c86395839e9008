package secret

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/latch-run/latch"
)

// A Store holds secrets by name. Names that differ only in case, or in "-", "."
// and "_", are the same name, because environment variables cannot distinguish
// them. A nil store is empty. A Store is safe for concurrent use.
type Store struct {
	values   map[string]content // by folded name
	files    *directory         // nil if there is no directory
	hosts    map[string][]hostPattern
	required bool
	holding  *holding
	now      func() time.Time
	// placeholders makes every name its own value.
	placeholders bool
}

func newStore(required bool) *Store {
	return &Store{values: map[string]content{}, required: required, holding: new(holding), now: time.Now}
}

// Options say where secrets may be sent.
type Options struct {
	// Hosts binds secrets, by name, to hosts: a host or *.suffix, optionally
	// with a port. A bound secret is sent nowhere else, and over plain http
	// only if the pattern says http://. The pattern command:// allows commands.
	Hosts map[string][]string
	// HostsRequired rejects the use of a secret that is bound to no host.
	HostsRequired bool
}

// New returns a store of values by name. All problems are reported at once:
// names that are invalid or equal, values that are empty or too long, and
// invalid hosts.
func New(values map[string]string, options Options) (*Store, error) {
	store := newStore(options.HostsRequired)
	var problems []error
	spelled := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if err := claim(spelled, name); err != nil {
			problems = append(problems, err)
			continue
		}
		read, err := parse(values[name])
		if err != nil {
			problems = append(problems, fmt.Errorf("secret %q: %w", name, err))
			continue
		}
		store.values[Variable(name)] = read
	}
	problems = append(problems, store.bind(options.Hosts)...)
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return store, nil
}

// bind parses the host patterns and stores them by variable.
func (s *Store) bind(hosts map[string][]string) (problems []error) {
	s.hosts = map[string][]hostPattern{}
	spelled := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(hosts)) {
		if err := claim(spelled, name); err != nil {
			problems = append(problems, fmt.Errorf("LATCH_SECRETS_HOSTS: %w", err))
			continue
		}
		variable := Variable(name)
		s.hosts[variable] = []hostPattern{}
		for _, text := range hosts[name] {
			pattern, err := parsePattern(text)
			if err != nil {
				problems = append(problems, fmt.Errorf("LATCH_SECRETS_HOSTS: of %q, %w", name, err))
				continue
			}
			s.hosts[variable] = append(s.hosts[variable], pattern)
		}
	}
	return problems
}

// claim reserves the variable of a name, unless another spelling has it.
func claim(spelled map[string]string, name string) error {
	if !latch.IsSecretName(name) {
		return fmt.Errorf("%q is not a valid name for a secret, such as change-board", name)
	}
	variable := Variable(name)
	if other, taken := spelled[variable]; taken {
		return fmt.Errorf("%q and %q are the same secret, since both stand for %s: keep one", other, name, variable)
	}
	spelled[variable] = name
	return nil
}

// variablePrefix begins the environment variables that hold secrets.
const variablePrefix = "LATCH_SECRET_"

// Variable returns the environment variable that holds the named secret.
func Variable(name string) string {
	folded := make([]byte, 0, len(variablePrefix)+len(name))
	folded = append(folded, variablePrefix...)
	for i := range len(name) {
		switch c := name[i]; {
		case c == '-' || c == '.':
			folded = append(folded, '_')
		case 'a' <= c && c <= 'z':
			folded = append(folded, c-'a'+'A')
		default:
			folded = append(folded, c)
		}
	}
	return string(folded)
}

// Lookup returns the named secret, from a variable or else from a file. Its
// error is a [*MissingError].
func (s *Store) Lookup(name string) (*Secret, error) {
	variable := Variable(name)
	if s != nil && s.placeholders {
		if found := placeholder(name); found != nil {
			return found, nil
		}
	}
	if s != nil && latch.IsSecretName(name) {
		if found, ok := s.values[variable]; ok {
			return s.secretOf(name, variable, found), nil
		}
	}
	return s.lookupFile(name, variable)
}

// lookupFile returns a secret that is not in a variable, or an error that says
// why it cannot.
func (s *Store) lookupFile(name, variable string) (*Secret, error) {
	missing := &MissingError{Name: name, Variable: variable}
	if !latch.IsSecretName(name) {
		missing.Reason = "that is not a valid name for a secret"
		return nil, missing
	}
	if s == nil || s.files == nil {
		return nil, missing
	}
	missing.Dir = s.files.path
	found, there, err := s.files.read(variable)
	switch {
	case err != nil:
		missing.Reason = err.Error()
		return nil, missing
	case !there:
		return nil, missing
	default:
		return s.secretOf(name, variable, found), nil
	}
}

func (s *Store) secretOf(name, variable string, found content) *Secret {
	return &Secret{name: name, content: found, hosts: s.hosts[variable], required: s.required}
}

// MayGoTo returns a [*HostError] if the secret must not be sent to a place. A
// bound secret may be sent where one of its patterns allows; an unbound one
// anywhere, unless binding is required.
func (s *Secret) MayGoTo(place Place) error {
	if s.hosts == nil && !s.required {
		return nil
	}
	for _, pattern := range s.hosts {
		if pattern.admits(place) {
			return nil
		}
	}
	return &HostError{Name: s.name, Place: place, Bound: s.hosts != nil}
}

// String returns ***.
func (Store) String() string { return hidden }

// GoString returns ***.
func (Store) GoString() string { return hidden }

// Format writes ***, whatever the verb.
func (Store) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, hidden) }

// MarshalJSON returns "***".
func (Store) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// LogValue returns ***.
func (Store) LogValue() slog.Value { return slog.StringValue(hidden) }
