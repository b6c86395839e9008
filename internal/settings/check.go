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

// CheckAddress refuses what no server can listen at: anything but host:port, the
// port a number up to 65535.
func CheckAddress(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil || strings.ContainsAny(host, "/ ") {
		return fmt.Errorf("%q is no host:port such as 127.0.0.1:7127", address)
	}
	return nil
}

// CheckURL refuses anything but an http or https URL; "" is no URL, and fine.
// Its error shows no credentials.
func CheckURL(address string) error {
	if address == "" {
		return nil
	}
	_, err := httpurl.Parse(address)
	return err
}

// CheckLogFormat refuses what is no format of a log.
func CheckLogFormat(format string) error {
	if format != "text" && format != "json" {
		return fmt.Errorf("%q is neither text nor json%s", format, typo.Hint(format, []string{"text", "json"}))
	}
	return nil
}

// FQDN returns what system.fqdn is: the name that is given, else the host of the
// API's public address, else the host's name.
func FQDN(given, apiURL string) (string, error) {
	if given != "" {
		return given, nil
	}
	if public, err := url.Parse(apiURL); err == nil && public.Hostname() != "" {
		return public.Hostname(), nil
	}
	return os.Hostname()
}

// Certificate reads the PEM files of TLS, which the variables name; nil, where
// neither is given, is no TLS. All that is wrong is reported at once.
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
