package secret

import "fmt"

// A MissingError says that a worker lacks a secret. It must not be retried.
type MissingError struct {
	// Name is the name of the secret, Variable the environment variable that
	// would provide it, and Dir the directory that would hold its file ("" if
	// there is none).
	Name, Variable, Dir string
	// Reason says why a secret that exists cannot be used; "" if it does not
	// exist.
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

// A HostError says that a secret may not be sent to a place. It must not be
// retried.
type HostError struct {
	Name  string
	Place Place
	// Bound is true if the secret is bound to other places. Otherwise it is
	// bound to none, although LATCH_SECRETS_HOSTS_REQUIRED requires it.
	Bound bool
}

// Error names the place and the setting that would allow it.
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
