package plugin

import (
	"errors"
	"fmt"
	"os"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/secret"
	environment "github.com/latch-run/latch/internal/settings"
)

// settings are the plugin's options as the environment gives them (contract,
// "Settings").
type settings struct {
	FQDN                string   `env:"LATCH_FQDN"`
	Environment         string   `env:"LATCH_ENVIRONMENT"`
	SecretsDir          string   `env:"LATCH_SECRETS_DIR"`
	SecretsHosts        string   `env:"LATCH_SECRETS_HOSTS"`
	SecretHostsRequired bool     `env:"LATCH_SECRETS_HOSTS_REQUIRED"`
	EgressAllow         []string `env:"LATCH_EGRESS_ALLOW"`
	EgressProxy         string   `env:"LATCH_EGRESS_PROXY"`
	RedactHeaders       []string `env:"LATCH_REDACT_HEADERS"`
	RedactJSON          []string `env:"LATCH_REDACT_JSON"`
	AllowCommands       bool     `env:"LATCH_ALLOW_COMMANDS"`
	SearchAttributes    bool     `env:"LATCH_SEARCH_ATTRIBUTES"`
	APIURL              string   `env:"LATCH_API_URL"`
	LockLinks           bool     `env:"LATCH_LOCK_LINKS"`
	LinkKey             string   `env:"LATCH_LINK_KEY"`
}

// FromEnv makes the plugin as the environment's LATCH_… variables say. It is
// what Latch's own worker uses. All that is wrong is reported at once.
func FromEnv() (*Plugin, error) {
	given, err := environment.Read[settings]()
	problems := []error{err}
	store, err := secret.FromEnvironment(os.Environ(), given.SecretsDir, given.SecretsHosts, given.SecretHostsRequired)
	problems = append(problems, err)
	p := New(Options{
		EgressAllow:      given.EgressAllow,
		EgressProxy:      given.EgressProxy,
		Redact:           latch.Redaction{Headers: environment.Trimmed(given.RedactHeaders), JSON: environment.Trimmed(given.RedactJSON)},
		AllowCommands:    given.AllowCommands,
		FQDN:             given.FQDN,
		Environment:      given.Environment,
		APIURL:           given.APIURL,
		LockLinks:        given.LockLinks,
		LinkKey:          []byte(given.LinkKey),
		SearchAttributes: given.SearchAttributes,
		store:            store,
	})
	problems = append(problems, p.Err())
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	return p, nil
}
