package mitto

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/urlmask"
)

// Clients are shown URLs without their credentials, and many of them read a
// whole object and send it back. A credential sent back as *** therefore keeps
// its value.

// Restored returns a body that a client sent for the job, or for a copy of it,
// with each credential shown as *** replaced by the stored one. Webhooks are
// matched by id.
func (j *Job) Restored(body latch.Object) latch.Object {
	if !isHidden(body) {
		return body
	}
	whole, kept := latch.Object{}, j.fields()
	for key, value := range body {
		whole[key] = urlmask.Restore(value, kept[key])
	}
	if conf := body[keyConf]; conf != nil {
		whole[keyConf] = restoreConf(conf, kept[keyConf])
	}
	var list []json.RawMessage
	if json.Unmarshal(body[keyWebhooks], &list) != nil || list == nil {
		return whole
	}
	hooks := j.hooks()
	for i, each := range list {
		id, err := strconv.ParseInt(text(members(each)["id"]), 10, 64)
		if err != nil {
			continue
		}
		if at, err := j.find(hooks, id); err == nil {
			list[i] = urlmask.Restore(each, rawjson.Encode(j.webhook(hooks[at])))
		}
	}
	whole[keyWebhooks] = rawjson.Encode(list)
	return whole
}

// restoreConf restores the credentials of a conf sent as JSON or as HJSON.
func restoreConf(sent, kept json.RawMessage) json.RawMessage {
	if isText(sent) && isText(kept) {
		return urlmask.Restore(sent, kept)
	}
	restored := urlmask.Restore(confAsJSON(sent), confAsJSON(kept))
	if isText(sent) {
		return showConf(restored)
	}
	return restored
}

// isHidden reports whether a job or a webhook holds a credential shown as ***.
func isHidden(body latch.Object) bool {
	return urlmask.IsHidden(rawjson.Encode(body)) || isText(body[keyConf]) && urlmask.IsHidden(confAsJSON(body[keyConf]))
}

// refuseHidden rejects credentials shown as *** that could not be restored.
func refuseHidden(body latch.Object) error {
	var problems latch.Problems
	for _, key := range slices.Sorted(maps.Keys(body)) {
		if slices.Contains(given, key) || !isHidden(latch.Object{key: body[key]}) {
			continue
		}
		path := key
		var list []json.RawMessage
		if key == keyWebhooks && json.Unmarshal(body[key], &list) == nil {
			path = fmt.Sprintf("%s[%d]", key, slices.IndexFunc(list, func(each json.RawMessage) bool { return urlmask.IsHidden(each) }))
		}
		problems.Addf(path, "has %s where a credential was hidden when it was shown, and no stored value to restore: give the value or, better, refer to a secret by header_secrets or url_secret", urlmask.Hidden)
	}
	return problems.Err()
}
