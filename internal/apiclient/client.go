package apiclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/httpurl"
)

// These bound one call. The API itself waits for workers, and answers 503 if none responds.
const (
	dialTimeout = 10 * time.Second
	callTimeout = 60 * time.Second
	// maximumAnswer bounds an answer in bytes.
	maximumAnswer = 32 << 20
)

// A Client calls one API. It is safe for concurrent use.
type Client struct {
	base string
	key  string
	open bool
	http *http.Client
}

// New returns a client of the API at the address, an http or https URL, such as
// http://127.0.0.1:7127, which may have a path. The key may be empty. TLS trusts the system's
// roots, or those that SSL_CERT_FILE names.
func New(address, key string) (*Client, error) {
	parsed, err := httpurl.Parse(address)
	switch {
	case err != nil:
		return nil, err
	case parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "":
		return nil, errors.New("takes an address alone, without user, query or fragment")
	}
	if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return nil, errors.New("the key has characters that no header takes; is there a line break at its end?")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = (&net.Dialer{Timeout: dialTimeout}).DialContext
	ip, err := netip.ParseAddr(parsed.Hostname())
	local := parsed.Hostname() == "localhost" || err == nil && ip.IsLoopback()
	return &Client{base: strings.TrimRight(parsed.String(), "/"), key: key, open: parsed.Scheme == "http" && !local, http: &http.Client{
		Transport: transport, Timeout: callTimeout,
		// A redirect would pass on the key, or turn a POST into a GET.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// patient returns a client that waits longer for an answer.
func (c *Client) patient(limit time.Duration) *Client {
	longer, calls := *c, *c.http
	calls.Timeout = limit
	longer.http = &calls
	return &longer
}

// Address returns the address of the API.
func (c *Client) Address() string { return c.base }

// IsOpen reports whether requests leave this machine unencrypted.
func (c *Client) IsOpen() bool { return c.open }

// An Unreachable reports that the API did not answer.
type Unreachable struct{ Err error }

// Error returns the reason.
func (u *Unreachable) Error() string { return u.Err.Error() }

// Unwrap returns the reason.
func (u *Unreachable) Unwrap() error { return u.Err }

// A Problem is an error answer (RFC 9457).
type Problem struct {
	Status int
	Title  string
	Detail string
	Errors []struct{ Location, Message string }
	// WorkflowID and RunID name the open run that prevents the call.
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	// Record is the record of a lock that was already used.
	Record json.RawMessage `json:"record"`
	// Current is the current version of what was to be changed.
	Current json.RawMessage `json:"current"`
	// RetryAfter is how long the API asks to wait before another call; 0 if it does not ask.
	RetryAfter time.Duration `json:"-"`
}

// Error describes the problem.
func (p *Problem) Error() string {
	if p.Detail == "" {
		return fmt.Sprintf("the API answers %d %s", p.Status, http.StatusText(p.Status))
	}
	return p.Detail
}

// Problems returns each wrong field of the body, if the answer names any.
func (p *Problem) Problems() latch.Problems {
	var problems latch.Problems
	for _, each := range p.Errors {
		path := strings.TrimPrefix(strings.TrimPrefix(each.Location, "body"), ".")
		problems.Addf(path, "%s", each.Message)
	}
	return problems
}

// call sends a body, if there is one, and decodes the answer.
func (c *Client) call(ctx context.Context, method, path string, query url.Values, body, answer any) error {
	request, err := c.request(ctx, method, path, query, body)
	if err != nil {
		return err
	}
	_, err = c.exchange(ctx, request, answer)
	return err
}

// exchange sends a request, decodes the answer, and returns the answer's headers.
func (c *Client) exchange(ctx context.Context, request *http.Request, answer any) (http.Header, error) {
	response, err := c.http.Do(request)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) {
			err = failed.Err // the URL may contain what a person searched for
		}
		return nil, unanswered(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, maximumAnswer+1))
	switch {
	case err != nil:
		return nil, unanswered(ctx, err)
	case len(text) > maximumAnswer:
		return nil, fmt.Errorf("the API's answer is larger than %d MiB", maximumAnswer>>20)
	}
	return response.Header, read(response, text, answer)
}

// unanswered returns the error of a call without an answer, unless the caller gave up.
func unanswered(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return &Unreachable{err}
}

func (c *Client) request(ctx context.Context, method, path string, query url.Values, body any) (*http.Request, error) {
	address := c.base + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, address, content)
	if err != nil {
		return nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("Accept", "application/json, application/problem+json")
	request.Header.Set("Prefer", "next-times") // of a job; RFC 7240
	request.Header.Set("User-Agent", "latch-starter/"+latch.Version)
	if c.key != "" {
		request.Header.Set("Authorization", "Bearer "+c.key)
	}
	return request, nil
}

// read decodes the API's answer. A proxy may answer in its place, in another format.
func read(response *http.Response, text []byte, answer any) error {
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	switch {
	case response.StatusCode/100 == 3:
		return fmt.Errorf("the API answers %s to %q; give that address", response.Status, response.Header.Get("Location"))
	case response.StatusCode/100 != 2:
		problem := &Problem{}
		if kind == "application/problem+json" {
			_ = json.Unmarshal(text, problem) // the status says enough
		}
		problem.Status = response.StatusCode
		if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 {
			problem.RetryAfter = time.Duration(seconds) * time.Second
		}
		return problem
	case response.StatusCode == http.StatusNoContent:
		return nil
	case kind != "application/json" && !strings.HasSuffix(kind, "+json"):
		return fmt.Errorf("what answers is no API of Latch's: it answers %s with %q", response.Status, kind)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("the API's answer is none that is known here: %w", err)
	}
	return nil
}
