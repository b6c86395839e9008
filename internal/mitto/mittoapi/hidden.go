package mittoapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"github.com/latch-run/latch/internal/mitto"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/urlmask"
)

// Answers show URLs without their credentials, whatever the caller's role. A
// client may send back what it was shown: a hidden credential then keeps its
// value.

// MarshalJSON hides the job's credentials. Its last run is left alone: it is
// data.
func (o jobObject) MarshalJSON() ([]byte, error) { return publicJSON(o, "status") }

// MarshalJSON hides the job's credentials. Its last run is left alone: it is
// data.
func (o rowObject) MarshalJSON() ([]byte, error) { return publicJSON(o, "status") }

// MarshalJSON hides the webhook's credentials.
func (o webhookObject) MarshalJSON() ([]byte, error) { return publicJSON(o, "") }

func publicJSON(object map[string]json.RawMessage, data string) ([]byte, error) {
	if object == nil {
		return []byte("null"), nil
	}
	shown := make(map[string]json.RawMessage, len(object))
	for key, value := range object {
		if shown[key] = value; key != data {
			shown[key] = urlmask.Member(value, key)
		}
	}
	return json.Marshal(shown)
}

// restoredJob restores the credentials that a copy of a job holds as ***. The
// copy has the id of the original.
func (a *routes) restoredJob(ctx context.Context, object map[string]jsonValue) (map[string]jsonValue, error) {
	id, _ := idOf(object)
	encoded, err := json.Marshal(object)
	if err != nil || id == "" || !bytes.Contains(encoded, []byte(urlmask.Hidden)) {
		return object, err
	}
	entry, err := a.registry.Get(ctx, id)
	switch {
	case errors.Is(err, registry.ErrUnknown):
		return object, nil
	case err != nil:
		return nil, err
	}
	return mitto.Of(&entry.Definition).Restored(object), nil
}
