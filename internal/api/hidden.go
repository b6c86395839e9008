package api

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/urlmask"
)

// Registered webhooks are shown without the credentials in their URLs, whatever
// the caller's role. A client may send back what it was shown: a hidden
// credential then keeps its value.

// restored replaces the credentials shown as *** in a webhook by the stored
// ones.
func (a *API) restored(ctx context.Context, id string, body []byte) ([]byte, error) {
	return restoredFrom(body, func() (any, error) { return a.webhooks.Get(ctx, id) })
}

// restoredFrom replaces the credentials shown as *** in a body by those of what get
// returns. A body without any, or about something unknown, is returned as it is.
func restoredFrom(body []byte, get func() (any, error)) ([]byte, error) {
	if !urlmask.IsHidden(body) {
		return body, nil
	}
	kept, err := get()
	switch {
	case errors.Is(err, registry.ErrUnknown):
		return body, nil
	case err != nil:
		return nil, err
	}
	encoded, err := json.Marshal(kept)
	return urlmask.Restore(body, encoded), err
}
