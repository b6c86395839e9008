package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"

	lru "github.com/hashicorp/golang-lru/v2"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/latch-run/latch/internal/egress"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/mask"
	"github.com/latch-run/latch/internal/urlmask"
)

// maximumShownURL bounds a URL in records and errors, in bytes.
const maximumShownURL = 2 << 10

// A target is a URL to be called.
type target struct {
	url  *url.URL // never changed
	text string   // the URL
	// public is the URL without its credentials; credentials are those of them
	// that are masked in what comes back, too.
	public      string
	credentials []string
	// secret reports that a secret is the URL.
	secret bool
}

// parseTarget parses a rendered URL, after percent-encoding the characters that a URL may not
// contain. Its errors show only the host.
func parseTarget(address string) (target, error) {
	address, err := encodeURL(address)
	if err != nil {
		return target{}, err
	}
	if len(address) > maximumURLBytes {
		return target{}, fmt.Errorf("it has %d bytes, more than the limit of %d KiB", len(address), maximumURLBytes>>10)
	}
	parsed, err := url.Parse(address)
	switch {
	case err != nil:
		return target{}, errors.New("it is no valid URL")
	case parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Opaque != "":
		return target{}, errors.New("it does not begin with http:// or https://")
	case parsed.User != nil:
		return target{}, errors.New("it has credentials before the host; give them by header_secrets instead")
	}
	host, err := egress.CanonicalHost(parsed.Hostname())
	if err != nil {
		return target{}, err
	}
	port := parsed.Port()
	if number, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || number == 0) {
		return target{}, errors.New("its port is not between 1 and 65535")
	}
	switch address, err := netip.ParseAddr(host); {
	case port != "":
		parsed.Host = net.JoinHostPort(host, port)
	case err == nil && address.Is6():
		parsed.Host = "[" + host + "]"
	default:
		parsed.Host = host
	}
	text := parsed.String()
	found := target{url: parsed, text: text, public: urlmask.URL(text)}
	if found.public != text {
		found.credentials = urlmask.Telling(text)
	}
	return found, nil
}

// maximumTargets bounds how many parsed URLs are cached: those of some events with a thousand
// webhooks each.
const maximumTargets = 4096

// targets caches recently parsed URLs by their texts.
var targets, _ = lru.New[string, target](maximumTargets) // fails only for a size below 1

// knownTarget is [parseTarget] with a cache, for URLs that are likely to be used again, as
// those of webhooks. A URL that may contain a credential is not cached.
func knownTarget(address string) (target, error) {
	if found, known := targets.Get(address); known {
		return found, nil
	}
	found, err := parseTarget(address)
	if err == nil && found.public == found.text {
		targets.Add(address, found)
	}
	return found, err
}

// display returns the URL as records show it: without credentials, and only scheme and host if
// it is a secret.
func (t target) display(m *mask.Masker) string {
	if t.secret || m.Finds(t.text) {
		return t.url.Scheme + "://" + t.url.Host
	}
	return excerpt.First(t.public, maximumShownURL)
}

// shown names the method and the URL in errors.
func (t target) shown(method string, m *mask.Masker) string { return method + " " + t.display(m) }

// An outgoing is a request that has been written.
type outgoing struct {
	method string
	url    *url.URL // never changed
	header http.Header
	body   []byte // empty for a request without a body
}

// request returns the HTTP request. It asks for a compressed answer and contains the trace of
// the context (W3C Trace Context), unless the headers set these themselves.
func (o *outgoing) request(ctx context.Context) *http.Request {
	if o.header["Accept-Encoding"] == nil && o.header["Range"] == nil && o.method != http.MethodHead {
		o.header.Set("Accept-Encoding", acceptedCoding)
	}
	request := http.Request{Method: o.method, URL: o.url, Host: o.url.Host, Header: o.header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	if len(o.body) > 0 {
		request.Body, request.GetBody = replay(o.body)
		request.ContentLength = int64(len(o.body))
	}
	if trace.SpanContextFromContext(ctx).IsValid() && o.header.Get("Traceparent") == "" {
		request.Header = request.Header.Clone()
		propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(request.Header))
	}
	return request.WithContext(ctx)
}

// replay returns a body and a function that returns it again, for a kept connection that was
// closed before anything was sent.
func replay(body []byte) (io.ReadCloser, func() (io.ReadCloser, error)) {
	again := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	first, _ := again()
	return first, again
}
