package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"

	"github.com/latch-run/latch/codec"
	"github.com/latch-run/latch/internal/anyid"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/locklink"
	environment "github.com/latch-run/latch/internal/settings"
)

// serveSettings are those of the API (contract, "Settings").
type serveSettings struct {
	Addr        string   `env:"LATCH_API_ADDR" envDefault:"127.0.0.1:7127"`
	URL         string   `env:"LATCH_API_URL"`
	FQDN        string   `env:"LATCH_FQDN"`
	Environment string   `env:"LATCH_ENVIRONMENT"`
	Keys        string   `env:"LATCH_API_KEYS"`
	Allow       []string `env:"LATCH_API_ALLOW"`
	TLSCert     string   `env:"LATCH_API_TLS_CERT"`
	TLSKey      string   `env:"LATCH_API_TLS_KEY"`
	LockLinks   bool     `env:"LATCH_LOCK_LINKS"`
	LinkKey     string   `env:"LATCH_LINK_KEY"`
	TemporalUI  string   `env:"LATCH_TEMPORAL_UI_URL"`
	LogSettings
}

// LogSettings are those of a server's log. The name is exported for the
// environment to be read into where it is embedded.
type LogSettings struct {
	LogLevel  slog.Level `env:"LATCH_LOG_LEVEL" envDefault:"info"`
	LogFormat string     `env:"LATCH_LOG_FORMAT" envDefault:"text"`
}

// A serveConfiguration is everything that the API runs by.
type serveConfiguration struct {
	serveSettings
	keys     []api.Key
	allow    []netip.Prefix
	tls      *tls.Config
	temporal client.Options
}

// configureServe reads the environment and reports all that is wrong with it
// at once.
func configureServe() (*serveConfiguration, error) {
	given, err := environment.Read[serveSettings]()
	problems := []error{err}
	configured := &serveConfiguration{serveSettings: given}
	note := func(variable string, err error) {
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", variable, err))
		}
	}
	configured.keys, err = api.ParseKeys(given.Keys)
	note("LATCH_API_KEYS", err)
	keys := configured.keys
	if err != nil {
		keys = make([]api.Key, 1) // there are to be some
	}
	note("LATCH_API_ADDR", api.CheckAddress(given.Addr, keys))
	configured.allow, err = parsePrefixes(given.Allow)
	note("LATCH_API_ALLOW", err)
	configured.tls, err = certificate(given.TLSCert, given.TLSKey)
	note("LATCH_API_TLS_CERT, LATCH_API_TLS_KEY", err)
	note("LATCH_API_URL", checkURL(given.URL))
	note("LATCH_TEMPORAL_UI_URL", checkURL(given.TemporalUI))
	if given.LockLinks {
		note("LATCH_LINK_KEY, which LATCH_LOCK_LINKS needs", locklink.CheckKey([]byte(given.LinkKey)))
	}
	note("LATCH_LOG_FORMAT", checkLogFormat(given.LogFormat))
	configured.temporal, err = envconfig.LoadDefaultClientOptions()
	note("the connection to Temporal (TEMPORAL_…, profile)", err)
	payloads, err := codec.FromEnvironment()
	if err != nil {
		problems = append(problems, err)
	} else {
		payloads.Configure(&configured.temporal)
	}
	anyid.Configure(&configured.temporal)
	if configured.temporal.HostPort == "" {
		configured.temporal.HostPort = client.DefaultHostPort
	}
	if configured.temporal.Namespace == "" {
		configured.temporal.Namespace = client.DefaultNamespace
	}
	return configured, errors.Join(problems...)
}

// parsePrefixes reads CIDRs; a lone address is itself alone.
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

func checkURL(text string) error {
	if text == "" {
		return nil
	}
	parsed, err := url.Parse(text)
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return fmt.Errorf("%q is no http or https URL", text)
	}
	return nil
}

// fqdn is what system.fqdn tells, by the rules that the worker follows.
func (s serveSettings) fqdn() string {
	if s.FQDN != "" {
		return s.FQDN
	}
	if public, err := url.Parse(s.URL); err == nil && public.Hostname() != "" {
		return public.Hostname()
	}
	host, err := os.Hostname()
	if err != nil {
		return "" // there is none to tell
	}
	return host
}

// certificate reads the files of TLS; none is no TLS.
func certificate(cert, key string) (*tls.Config, error) {
	switch {
	case cert == "" && key == "":
		return nil, nil
	case cert == "" || key == "":
		return nil, errors.New("give both, for TLS, or neither")
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

func checkLogFormat(format string) error {
	if format != "text" && format != "json" {
		return fmt.Errorf("%q is neither text nor json", format)
	}
	return nil
}

// logger makes a server's logger.
func (s LogSettings) logger(out io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: s.LogLevel}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}
