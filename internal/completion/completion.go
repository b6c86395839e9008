package completion

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/nexus-rpc/sdk-go/nexus"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/temporalnexus"

	"github.com/latch-run/latch/internal/httpurl"
	"github.com/latch-run/latch/internal/proof"
)

// TokenHeader is the header in which a callback has its token, and Path is where callbacks are
// sent, below the address of the API.
const (
	TokenHeader = "latch-completion-token"
	Path        = "/latch/v1/completions"
)

const (
	// maximumAddress bounds the address, in bytes. Temporal takes callbacks to URLs of up to
	// 1,000 bytes.
	maximumAddress = 900
	// validFor is how long a token is valid, from the start of its run.
	validFor = 366 * 24 * time.Hour
	// refusedFor is how long no callback is made after the server has refused one.
	refusedFor = time.Minute
)

// Callbacks are those of the runs of one namespace. They are safe for concurrent use.
type Callbacks struct {
	url, namespace string
	key            []byte
	logger         *slog.Logger
	now            func() time.Time

	mutex sync.Mutex
	// refused is when the server last refused a callback; zero if it took the last one.
	refused time.Time
}

// CheckAddress returns an error unless Temporal's server can send callbacks to the address: an
// absolute http or https URL without credentials, query and fragment. The error contains no
// credentials.
func CheckAddress(address string) error {
	parsed, err := httpurl.Parse(address)
	switch {
	case err != nil:
		return err
	case parsed.User != nil || parsed.RawQuery != "" || parsed.ForceQuery || parsed.Fragment != "":
		return fmt.Errorf("%q has credentials, a query or a fragment; give only the address of the API, such as http://latch.internal:7127",
			httpurl.Shown(address))
	case len(address) > maximumAddress:
		return fmt.Errorf("has %d bytes; the limit is %d", len(address), maximumAddress)
	}
	return nil
}

// New returns the callbacks to an API at this address, which must pass [CheckAddress]. All
// processes with the same secret read the callbacks of each other. The logger is told when the
// server begins to refuse callbacks, and when it takes them again.
func New(address, namespace string, secret []byte, logger *slog.Logger) *Callbacks {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("latch completion callback\n"))
	return &Callbacks{url: strings.TrimRight(address, "/") + Path, namespace: namespace, key: mac.Sum(nil), logger: logger, now: time.Now}
}

// For returns the callbacks for a run of the workflow to start with; none for a while after the
// server has refused one.
func (c *Callbacks) For(workflowID string) []*commonpb.Callback {
	now := c.now()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if !c.refused.IsZero() && now.Sub(c.refused) < refusedFor {
		return nil
	}
	return []*commonpb.Callback{c.callback(workflowID, now)}
}

// Probe returns a callback as a run of the workflow has it, to ask a server whether it takes it.
func (c *Callbacks) Probe(workflowID string) *commonpb.Callback {
	return c.callback(workflowID, c.now())
}

func (c *Callbacks) callback(workflowID string, now time.Time) *commonpb.Callback {
	return &commonpb.Callback{Variant: &commonpb.Callback_Nexus_{Nexus: &commonpb.Callback_Nexus{Url: c.url,
		Header: map[string]string{TokenHeader: proof.Sign(c.key, c.signed(workflowID), now.Add(validFor))}}}}
}

// signed is the text that a token signs. The id of the run is not known when it is made.
func (c *Callbacks) signed(workflowID string) string { return c.namespace + "\n" + workflowID }

// Answered notes whether the server took the callbacks of a start: nil if it did, or else why it
// refused them.
func (c *Callbacks) Answered(refused error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	before := c.refused
	if refused == nil {
		if c.refused = (time.Time{}); !before.IsZero() {
			c.logger.Info("Temporal takes completion callbacks again")
		}
		return
	}
	if c.refused = c.now(); before.IsZero() {
		c.logger.Warn("Temporal refuses completion callbacks: runs are started without, and watches find them in Temporal's list only",
			"url", c.url, "error", refused, "fix", "allow the address in callback.allowedAddresses of the server's dynamic configuration, "+
				"or leave out LATCH_COMPLETION_CALLBACK_URL")
	}
}

// A Close is a run that has closed, by the words of whoever has its workflow's token.
type Close struct{ WorkflowID, RunID string }

// ErrForged is the error for a callback whose token was not made for the workflow that it names,
// or is too old.
var ErrForged = errors.New("the token was not made for this workflow")

// Read returns the run that a callback is about, by its headers. Its error is [ErrForged], or says
// what is wrong with the headers.
func (c *Callbacks) Read(header http.Header) (Close, error) {
	event, err := linked(header)
	if err != nil {
		return Close{}, err
	}
	if event.GetNamespace() != c.namespace || !proof.Verify(c.key, c.signed(event.GetWorkflowId()), header.Get(TokenHeader), c.now()) {
		return Close{}, ErrForged
	}
	return Close{event.GetWorkflowId(), event.GetRunId()}, nil
}

// linked returns the event to which the header Nexus-Link links: `<URL>; type="…"`, of which there
// may be several, separated by commas. A URL has no ">" of its own.
func linked(header http.Header) (*commonpb.Link_WorkflowEvent, error) {
	const name = "Nexus-Link"
	kind := string((&commonpb.Link_WorkflowEvent{}).ProtoReflect().Descriptor().FullName())
	for rest := strings.Join(header.Values(name), ","); rest != ""; {
		var address, parameters string
		_, rest, _ = strings.Cut(rest, "<")
		address, rest, _ = strings.Cut(rest, ">")
		parameters, _, _ = strings.Cut(rest, "<")
		parsed, err := url.Parse(address)
		if err != nil || !strings.Contains(parameters, `type="`+kind+`"`) {
			continue
		}
		event, err := temporalnexus.ConvertNexusLinkToLinkWorkflowEvent(nexus.Link{URL: parsed, Type: kind})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return event, nil
	}
	return nil, fmt.Errorf("%s: required: a link of the type %s, which names the run that has closed", name, kind)
}
