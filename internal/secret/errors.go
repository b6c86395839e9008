package secret

import "fmt"

// A MissingError says that a worker lacks a secret. What asked for it fails
// for good.
type MissingError struct {
	// Name is the secret's name, Variable the environment variable that would
	// provide it, Dir the directory that would hold its file ("" for none).
	Name, Variable, Dir string
	// Reason is why a secret that exists cannot be used; "" if it does not exist.
	Reason string
}

// Error says which secret is missing and what would provide it.
func (e *MissingError) Error() string {
	if e.Reason != "" {
		return fmt.Sprintf("secret %q cannot be used: %s", e.Name, e.Reason)
	}
	if e.Dir != "" {
		return fmt.Sprintf("this worker has no secret %q: set %s, or put a file of that name in %s", e.Name, e.Variable, e.Dir)
	}
	return fmt.Sprintf("this worker has no secret %q: set %s, or LATCH_SECRETS_DIR to a directory that holds a file of that name", e.Name, e.Variable)
}

// A HostError says that a secret may not go to a place. What asked for it
// fails for good.
type HostError struct {
	Name  string
	Place Place
	// Bound says that the secret is bound to other places; else it is bound to
	// none, where LATCH_SECRETS_HOSTS_REQUIRED asks for it.
	Bound bool
}

// Error names the place that was refused and the setting that would admit it.
func (e *HostError) Error() string {
	refused := fmt.Sprintf("secret %q must not go to %s: ", e.Name, e.Place)
	switch {
	case !e.Bound:
		return refused + "LATCH_SECRETS_HOSTS_REQUIRED is set and LATCH_SECRETS_HOSTS binds it to no host"
	case e.Place == Place{}:
		return refused + "LATCH_SECRETS_HOSTS binds it to hosts, and not to command:// as well"
	case e.Place.Scheme == plainScheme:
		return refused + "LATCH_SECRETS_HOSTS binds it to other hosts, or to this one without http://, and the request is over plain http"
	default:
		return refused + "LATCH_SECRETS_HOSTS binds it to other hosts"
	}
}
