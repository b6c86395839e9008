package cli

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/secret"
	environment "github.com/latch-run/latch/internal/settings"
	"github.com/latch-run/latch/internal/vars"
)

// surroundings are the settings that a worker's deliveries read from the environment.
type surroundings struct {
	// system is the template variable.
	system vars.System
	apiURL string
	// linkKey signs links to locks. If nil, they are not signed.
	linkKey []byte
	store   *secret.Store
	sender  *delivery.Sender
}

// readSurroundings reads the settings of a worker with this environment. It reports all
// problems at once.
func readSurroundings(e *env) (*surroundings, error) {
	given, err := environment.From[environment.Plugin](e.environ)
	problems := []error{err}
	read := &surroundings{apiURL: given.APIURL}
	read.store, err = secret.FromEnvironment(e.environ, given.SecretsDir, given.SecretsHosts, given.SecretHostsRequired)
	problems = append(problems, err)
	read.sender, err = delivery.New(delivery.Options{Secrets: read.store, EgressAllow: given.EgressAllow, EgressProxy: given.EgressProxy,
		EgressNoProxy: given.EgressNoProxy, EgressProxyResolves: given.EgressProxyResolves,
		Redact: latch.Redaction{Headers: environment.Trimmed(given.RedactHeaders), JSON: environment.Trimmed(given.RedactJSON)}})
	problems = append(problems, err, environment.Named("LATCH_API_URL", environment.CheckURL(given.APIURL)))
	linkKey, err := environment.LinkKey(given.LinkKey, given.LinkKeyFile)
	if problems = append(problems, err); err == nil && given.LockLinks {
		read.linkKey = []byte(linkKey)
		problems = append(problems, environment.Named("LATCH_LINK_KEY, which LATCH_LOCK_LINKS needs", locklink.CheckKey(read.linkKey)))
	}
	fqdn, err := environment.FQDN(given.FQDN, given.APIURL)
	problems = append(problems, err)
	connection, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{EnvLookup: lookup(e.environ)})
	if err != nil {
		problems = append(problems, fmt.Errorf("the connection to Temporal (TEMPORAL_…, profile): %w", err))
	}
	if connection.Namespace == "" {
		connection.Namespace = client.DefaultNamespace
	}
	read.system = vars.NewSystem(fqdn, given.Environment, connection.Namespace, e.settings.TaskQueue)
	return read, errors.Join(problems...)
}

// lockURL returns the address of a lock's page, or "" if the API has no address.
func (s *surroundings) lockURL(lock string) string {
	if s.apiURL == "" {
		return ""
	}
	return locklink.URL(s.apiURL, lock, s.linkKey)
}
