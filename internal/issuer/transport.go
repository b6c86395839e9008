package issuer

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/time/rate"
)

// A boundedTransport limits the size of the issuer's answers.
type boundedTransport struct{ next http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (t *boundedTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := t.next.RoundTrip(request)
	if err == nil {
		response.Body = http.MaxBytesReader(nil, response.Body, maximumAnswer)
	}
	return response, err
}

// A keyReader is the transport by which the issuer's keys are read. It bounds how often that
// happens, since each token with an unknown key asks for it.
type keyReader struct {
	next http.RoundTripper
	now  func() time.Time

	mutex sync.Mutex
	pace  *rate.Limiter
	// first lets the first reading after the metadata pass.
	first bool
	// failed is the outcome of the last reading.
	failed error
}

func newKeyReader(next http.RoundTripper, now func() time.Time) *keyReader {
	return &keyReader{next: next, now: now, pace: rate.NewLimiter(rate.Every(refreshEvery), refreshBurst)}
}

// allowOne lets the next reading pass.
func (k *keyReader) allowOne() {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.first = true
}

// errTooSoon is the error if the keys were read just before.
var errTooSoon = errors.New("the keys were read just before")

// RoundTrip implements [http.RoundTripper].
func (k *keyReader) RoundTrip(request *http.Request) (*http.Response, error) {
	if err := k.mayRead(); err != nil {
		return nil, err
	}
	response, err := k.next.RoundTrip(request)
	if err == nil && response.StatusCode != http.StatusOK {
		err = &statusError{response.StatusCode}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		response = nil
	}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.failed = err
	return response, err
}

// mayRead returns an error if the keys may not be read again yet: that of the last reading, if it
// failed.
func (k *keyReader) mayRead() error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.first {
		k.first = false
		return nil
	}
	if k.pace.AllowN(k.now(), 1) {
		return nil
	}
	if k.failed != nil {
		return k.failed
	}
	return errTooSoon
}

// A keySet tells a token that is not accepted from one that cannot be checked.
type keySet struct{ remote oidc.KeySet }

// errNoKeys is the error if the keys cannot be read.
type errNoKeys struct{ reason error }

func (e *errNoKeys) Error() string { return e.reason.Error() }

// outcomeKey is the key of a *error in the context of a check: go-oidc does not wrap the error of a
// key set.
type outcomeKey struct{}

// VerifySignature implements [oidc.KeySet].
func (k *keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := k.remote.VerifySignature(ctx, token)
	if err == nil || errors.Is(err, errTooSoon) || !strings.HasPrefix(err.Error(), "fetching keys") {
		return payload, err
	}
	if outcome, is := ctx.Value(outcomeKey{}).(*error); is {
		*outcome = &errNoKeys{withoutBody(err)}
	}
	return nil, err
}
