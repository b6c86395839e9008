package httpurl

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/latch-run/latch/internal/urlmask"
)

// Parse parses an http or https URL with a host. Its error contains no credentials.
func Parse(address string) (*url.URL, error) {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Hostname() == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return nil, fmt.Errorf("%q is not an http or https URL, such as https://latch.example.com", Shown(address))
	}
	return parsed, nil
}

// Shown returns a text that should be a URL, without possible credentials.
func Shown(address string) string {
	if at := strings.LastIndex(address, "@"); at >= 0 && !strings.Contains(address, "://") {
		address = urlmask.Hidden + address[at:]
	}
	return urlmask.URL(address)
}
