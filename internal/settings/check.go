package settings

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/latch-run/latch/internal/httpurl"
	"github.com/latch-run/latch/internal/typo"
)

// CheckAddress returns an error unless a server can listen on the address:
// host:port, with a port up to 65535.
func CheckAddress(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil || strings.ContainsAny(host, "/ ") {
		return fmt.Errorf("%q is not a host:port such as 127.0.0.1:7127", address)
	}
	return nil
}

// CheckURL returns an error unless the address is an http or https URL, or
// empty. The error contains no credentials.
func CheckURL(address string) error {
	if address == "" {
		return nil
	}
	_, err := httpurl.Parse(address)
	return err
}

// CheckLogFormat returns an error unless the format is text or json.
func CheckLogFormat(format string) error {
	if format != "text" && format != "json" {
		return fmt.Errorf("%q is neither text nor json%s", format, typo.Hint(format, []string{"text", "json"}))
	}
	return nil
}

// FQDN returns the value of system.fqdn: the given name, else the host of the
// API's public address, else the name of this host.
func FQDN(given, apiURL string) (string, error) {
	if given != "" {
		return given, nil
	}
	if public, err := url.Parse(apiURL); err == nil && public.Hostname() != "" {
		return public.Hostname(), nil
	}
	return os.Hostname()
}

// Certificate reads the PEM files of a TLS certificate and its key, or returns
// nil if neither is given. The variables name the files in errors. All problems
// are reported at once.
func Certificate(certVariable, cert, keyVariable, key string) (*tls.Config, error) {
	switch {
	case cert == "" && key == "":
		return nil, nil
	case cert == "" || key == "":
		return nil, fmt.Errorf("%s, %s: give both, for TLS, or neither", certVariable, keyVariable)
	}
	certPEM, certErr := readFile(certVariable, cert)
	keyPEM, keyErr := readFile(keyVariable, key)
	if err := errors.Join(certErr, keyErr); err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, fmt.Errorf("%s, %s: %q and %q are no certificate and its key in PEM: %s", certVariable, keyVariable, cert, key, strings.TrimPrefix(err.Error(), "tls: "))
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

func readFile(variable, name string) ([]byte, error) {
	text, err := os.ReadFile(name)
	var path *os.PathError
	if errors.As(err, &path) {
		return nil, fmt.Errorf("%s: the file %q cannot be read: %w", variable, name, path.Err)
	}
	return text, err
}
