package plugin

import (
	"errors"
	"os"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/secret"
	environment "github.com/latch-run/latch/internal/settings"
)

// FromEnv returns the plugin configured by the environment's LATCH_… variables. Latch's own
// worker uses it. All problems are reported at once.
func FromEnv() (*Plugin, error) {
	given, err := environment.Read[environment.Plugin]()
	problems := []error{err}
	store, err := secret.FromEnvironment(os.Environ(), given.SecretsDir, given.SecretsHosts, given.SecretHostsRequired)
	problems = append(problems, err)
	linkKey, err := environment.LinkKey(given.LinkKey, given.LinkKeyFile)
	if problems = append(problems, err); err != nil {
		given.LockLinks = false // the missing key is not a problem of its own
	}
	_, evidenceKey, err := environment.EvidenceKey(given.EvidenceKey, given.EvidenceKeyFile)
	if problems = append(problems, err); err != nil {
		given.EvidenceWebhook = "" // the missing key is not a problem of its own
	}
	p := New(Options{
		EgressAllow:         given.EgressAllow,
		EgressProxy:         given.EgressProxy,
		EgressNoProxy:       given.EgressNoProxy,
		EgressProxyResolves: given.EgressProxyResolves,
		Redact:              latch.Redaction{Headers: environment.Trimmed(given.RedactHeaders), JSON: environment.Trimmed(given.RedactJSON)},
		AllowCommands:       given.AllowCommands,
		FQDN:                given.FQDN,
		Environment:         given.Environment,
		APIURL:              given.APIURL,
		TemporalUI:          given.TemporalUI,
		LockLinks:           given.LockLinks,
		LinkKey:             []byte(linkKey),
		EvidenceWebhook:     given.EvidenceWebhook,
		EvidenceSecret:      given.EvidenceSecret,
		EvidenceKey:         []byte(evidenceKey),
		SearchAttributes:    given.SearchAttributes,
		IgnoreEnds:          !given.Ends,
		store:               store,
		variables:           true,
	})
	problems = append(problems, p.Err())
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return p, nil
}
