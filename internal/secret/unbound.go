package secret

import (
	"maps"
	"slices"
	"strings"
)

// Names returns the names of the secrets that the store holds now, sorted. Of a
// variable's several spellings it is the one in lower case with "_", and of a
// file the file's own; each may stand in a webhook and in LATCH_SECRETS_HOSTS.
func (s *Store) Names() []string {
	var names []string
	for _, name := range s.spellings() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// HostsRequired reports whether a secret that is bound to no host goes nowhere.
func (s *Store) HostsRequired() bool { return s != nil && s.required }

// Unbound returns those of [Store.Names] that are bound to no host. Unless hosts
// are required, whoever writes a job, a release or an event may send them to a
// host of their own.
func (s *Store) Unbound() []string {
	var names []string
	for variable, name := range s.spellings() {
		if s.hosts[variable] == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// spellings are the names by variable.
func (s *Store) spellings() map[string]string {
	spelled := map[string]string{}
	if s == nil {
		return spelled
	}
	if s.files != nil {
		maps.Copy(spelled, s.files.first())
	}
	for variable := range s.values {
		if spelled[variable] == "" {
			spelled[variable] = strings.ToLower(strings.TrimPrefix(variable, variablePrefix))
		}
	}
	return spelled
}

// first returns a file's name by variable, as they were last seen.
func (d *directory) first() map[string]string {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	names := map[string]string{}
	for variable, files := range d.names {
		names[variable] = files[0].name
	}
	return names
}
