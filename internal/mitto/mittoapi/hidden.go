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

// What is registered is shown without the credentials that stand in its URLs,
// whatever the caller's role: who may change it sends back what was shown, and
// what was hidden stays as it was.

// MarshalJSON shows a job without credentials; its last run is data.
func (o jobObject) MarshalJSON() ([]byte, error) { return publicJSON(o, "status") }

// MarshalJSON shows a job of a list without credentials; its last run is data.
func (o rowObject) MarshalJSON() ([]byte, error) { return publicJSON(o, "status") }

// MarshalJSON shows a webhook without credentials.
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

// restoredJob puts the credentials back that a copy of a job has as ***: it bears
// the id of what it is a copy of.
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
