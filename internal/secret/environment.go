package secret

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// FromEnvironment returns a store for a worker's settings. environ is in the
// format of os.Environ, and its LATCH_SECRET_<NAME> variables are secrets. dir,
// hosts and required are LATCH_SECRETS_DIR, LATCH_SECRETS_HOSTS and
// LATCH_SECRETS_HOSTS_REQUIRED. All problems are reported at once.
//
// Files are read whenever their secret is used, so that rotating one, for
// example in a mounted Kubernetes secret, needs no restart. A variable takes
// precedence over a file.
func FromEnvironment(environ []string, dir, hosts string, required bool) (*Store, error) {
	var problems []error
	store := newStore(required)
	for _, setting := range slices.Sorted(slices.Values(environ)) {
		variable, value, _ := strings.Cut(setting, "=")
		if !strings.HasPrefix(variable, variablePrefix) {
			continue
		}
		read, err := parse(value)
		switch {
		case variable != Variable(strings.TrimPrefix(variable, variablePrefix)) || variable == variablePrefix:
			err = fmt.Errorf("%s: LATCH_SECRET_ is followed by a name in upper case, - and . as _", variable)
		case err != nil:
			err = fmt.Errorf("%s: %w", variable, err)
		}
		if err != nil {
			problems = append(problems, err)
			continue
		}
		store.values[variable] = read
	}
	if dir != "" {
		files, err := openDirectory(dir)
		problems = append(problems, err)
		store.files = files
	}
	patterns, err := parseHosts(hosts)
	problems = append(problems, err)
	problems = append(problems, store.bind(patterns)...)
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return store, nil
}
