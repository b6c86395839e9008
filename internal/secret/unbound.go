package secret

import (
	"maps"
	"slices"
	"strings"
)

// Names returns the sorted names of the secrets that the store currently holds.
// For a variable it is the spelling in lower case with "_", for a file the
// file's name. Either can be used in a webhook and in LATCH_SECRETS_HOSTS.
func (s *Store) Names() []string {
	var names []string
	for _, name := range s.spellings() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// HostsRequired reports whether secrets must be bound to hosts to be used.
func (s *Store) HostsRequired() bool { return s != nil && s.required }

// Unbound returns the [Store.Names] that are bound to no host. Unless hosts are
// required, the author of a job, a release or an event may send these secrets
// to any host.
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

// spellings returns the names by variable.
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

// first returns the names of files by variable, as of the last scan.
func (d *directory) first() map[string]string {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	names := map[string]string{}
	for variable, files := range d.names {
		names[variable] = files[0].name
	}
	return names
}
