package cli

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"

	"github.com/latch-run/latch/codec"
	"github.com/latch-run/latch/internal/anyid"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/chat"
	"github.com/latch-run/latch/internal/completion"
	"github.com/latch-run/latch/internal/evidence"
	"github.com/latch-run/latch/internal/locklink"
	environment "github.com/latch-run/latch/internal/settings"
	"github.com/latch-run/latch/internal/wire"
)

// A serveConfiguration holds the settings of the API.
type serveConfiguration struct {
	environment.API
	keys     []api.Key
	oidc     api.OIDC
	allow    []netip.Prefix
	tls      *tls.Config
	temporal client.Options
	evidence evidence.Key
	slack    chat.Options
}

// configureServe reads the environment and reports all its problems at once.
func configureServe() (*serveConfiguration, error) {
	given, err := environment.Read[environment.API]()
	problems := []error{err}
	configured := &serveConfiguration{API: given}
	note := func(variable string, err error) {
		problems = append(problems, environment.Named(variable, err))
	}
	configured.keys, err = apiKeys(given)
	problems = append(problems, err)
	keys := configured.keys
	if err != nil || given.OIDCIssuer != "" {
		keys = make([]api.Key, 1) // the user wants callers to prove who they are
	}
	note("LATCH_API_ADDR", api.CheckAddress(given.Addr, keys))
	configured.allow, err = parsePrefixes(given.Allow)
	note("LATCH_API_ALLOW", err)
	if given.Calls < 1 {
		note("LATCH_API_CALLS", fmt.Errorf("must be 1 or more, not %d", given.Calls))
	}
	configured.tls, err = environment.Certificate("LATCH_API_TLS_CERT", given.TLSCert, "LATCH_API_TLS_KEY", given.TLSKey)
	problems = append(problems, err)
	note("LATCH_API_URL", environment.CheckURL(given.URL))
	note("LATCH_TEMPORAL_UI_URL", environment.CheckURL(given.TemporalUI))
	if given.CompletionURL != "" {
		note("LATCH_COMPLETION_CALLBACK_URL", completion.CheckAddress(given.CompletionURL))
	}
	if configured.LinkKey, err = environment.LinkKey(given.LinkKey, given.LinkKeyFile); err != nil {
		problems = append(problems, err)
	} else if given.LockLinks {
		note("LATCH_LINK_KEY, which LATCH_LOCK_LINKS needs", locklink.CheckKey([]byte(configured.LinkKey)))
	} else if configured.LinkKey != "" {
		note("LATCH_LINK_KEY", locklink.CheckKey([]byte(configured.LinkKey)))
	}
	configured.evidence, err = evidenceKey(given.EvidenceKey, given.EvidenceKeyFile)
	problems = append(problems, err)
	configured.oidc, err = configureOIDC(given, configured.LinkKey)
	problems = append(problems, err)
	configured.slack, err = configureSlack(given, configured.LinkKey, len(keys) > 0)
	problems = append(problems, err)
	note("LATCH_LOG_FORMAT", environment.CheckLogFormat(given.LogFormat))
	configured.temporal, err = envconfig.LoadDefaultClientOptions()
	note("the connection to Temporal (TEMPORAL_…, profile)", err)
	payloads, err := codec.FromEnvironment()
	if err != nil {
		problems = append(problems, err)
	} else {
		payloads.Configure(&configured.temporal)
	}
	anyid.Configure(&configured.temporal)
	wire.Configure(&configured.temporal)
	if configured.temporal.HostPort == "" {
		configured.temporal.HostPort = client.DefaultHostPort
	}
	if configured.temporal.Namespace == "" {
		configured.temporal.Namespace = client.DefaultNamespace
	}
	return configured, errors.Join(problems...)
}

// apiKeys reads the keys of the API. A file without keys is an error, because the user wants
// the API to have keys.
func apiKeys(given environment.API) ([]api.Key, error) {
	name, text, err := environment.Given{Variable: "LATCH_API_KEYS", Value: given.Keys,
		FileVariable: "LATCH_API_KEYS_FILE", File: given.KeysFile}.Text()
	if err != nil {
		return nil, err
	}
	keys, err := api.ParseKeys(text)
	if err == nil && len(keys) == 0 && given.KeysFile != "" {
		err = errors.New("has no key; leave it out to serve this machine alone")
	}
	return keys, environment.Named(name, err)
}

// parsePrefixes parses CIDRs. An address without a length is a prefix of only that address.
func parsePrefixes(texts []string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	var problems []error
	for _, text := range texts {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if prefix.Addr().Is4In6() && prefix.Bits() >= 96 { // callers are compared as IPv4
			prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96)
		}
		if address, lone := netip.ParseAddr(text); lone == nil {
			prefix, err = netip.PrefixFrom(address.Unmap(), address.Unmap().BitLen()), nil
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%q is no CIDR such as 10.0.0.0/8", text))
			continue
		}
		prefixes = append(prefixes, prefix.Masked())
	}
	if len(prefixes) == 0 && len(problems) == 0 && strings.Join(texts, ",") != "" {
		return nil, errors.New("lists no CIDR, and none would let all call; leave it empty for that")
	}
	return prefixes, errors.Join(problems...)
}

// fqdn returns system.fqdn, by the same rules as the worker.
func (c *serveConfiguration) fqdn() string {
	name, err := environment.FQDN(c.FQDN, c.URL)
	if err != nil {
		return "" // this machine has no name of its own
	}
	return name
}
