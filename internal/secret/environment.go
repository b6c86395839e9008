package secret

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// FromEnvironment makes a store of a worker's settings: environ as of
// os.Environ, in which LATCH_SECRET_<NAME> are secrets; dir, hosts and
// required are LATCH_SECRETS_DIR, LATCH_SECRETS_HOSTS and
// LATCH_SECRETS_HOSTS_REQUIRED. All that is wrong is reported at once.
//
// Files are read whenever their secret is used, so that a rotated one, of a
// mounted Kubernetes secret for instance, needs no restart; a variable wins
// over a file.
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
