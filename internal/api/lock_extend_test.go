package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/voucher"
)

const extension = "/latch/v1/locks/team%2Frelease%2Fextend-1:board:abc/extend"

// Contract, "Reminders and escalation": the API moves a lock's deadline in the name of the caller,
// with the caller's role and, for locks with approvals, the proof of who that is.
func TestExtendLock(t *testing.T) {
	t.Parallel()
	key := []byte("0123456789abcdef")
	parsed, err := api.ParseKeys(apitest.Keys)
	require.NoError(t, err)
	until := latch.NewTime(apitest.Fixed.Add(time.Hour))
	for name, each := range map[string]struct{ key, prefix string }{
		"lock": {"lock", "api-key-"}, "run": {"run", "api-run-key-"}, "admin": {"admin", "api-admin-key-"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := apitest.Running("team/release/extend-1", nil,
				apitest.AlwaysUpdated(latch.Extended{Record: latch.Record{DeliveryID: "dlv_1"}, Until: until}, nil))
			handler := apitest.New(t, f, api.Options{Keys: parsed, LinkKey: key})
			for _, path := range []string{extension, strings.ReplaceAll(extension, "%2F", "/")} {
				got := apitest.Call(handler, http.MethodPost, path,
					`{"until":"`+until.Format(time.RFC3339)+`","by":"mallory","reason":"later"}`, "X-API-Key", each.key)
				require.Equal(t, 200, got.Code, got.Body)
				require.Contains(t, got.Body.String(), `"until":"`)
				sent := f.Updates[len(f.Updates)-1]
				require.Equal(t, latch.MessageExtendLock, sent.UpdateName)
				require.True(t, strings.HasPrefix(sent.UpdateID, each.prefix), sent.UpdateID)
				given := sent.Args[0].(latch.LockExtension)
				require.Equal(t, "team/release/extend-1:board:abc", given.Lock)
				require.Equal(t, "later", given.Reason)
				holder, err := voucher.NewKey(key).OfExtension(given)
				require.NoError(t, err)
				require.Equal(t, given.By, holder.Name)
				require.NotEqual(t, "mallory", given.By)
			}
		})
	}
}

// What a caller gets wrong, and what the run refuses.
func TestExtendLockRefused(t *testing.T) {
	t.Parallel()
	application := func(kind string) error { return temporal.NewNonRetryableApplicationError("told why", kind, nil) }
	used := latch.Record{DeliveryID: "dlv_1", Lock: &latch.RecordLock{Token: "release-1:board:abc", RemovedBy: "ann",
		RemovedAt: latch.NewTime(apitest.Fixed)}}
	const path, hours = "/latch/v1/locks/release-1:board:abc/extend", `{"lock_timeout":"8h"}`
	for name, each := range map[string]struct {
		key, body string
		err       error
		status    int
		says      string
	}{
		"too small a role":  {"read", hours, nil, 403, ""},
		"nothing":           {"lock", "{}", nil, 422, "until: required"},
		"both":              {"lock", `{"lock_timeout":"8h","until":"2026-07-01T18:00:00Z"}`, nil, 422, "give either"},
		"no time":           {"lock", `{"until":"six"}`, nil, 422, `until: must be a time in RFC 3339`},
		"another lock":      {"lock", `{"lock":"x","lock_timeout":"8h"}`, nil, 422, "differs from the lock in the path"},
		"an unknown key":    {"lock", `{"for":"8h"}`, nil, 422, "for: unknown key"},
		"no timeout":        {"lock", hours, application(latch.ErrorInvalidArgument), 422, "told why"},
		"may not":           {"lock", hours, application(latch.ErrorForbidden), 403, "told why"},
		"timed out":         {"lock", hours, application(latch.ErrorTooLate), 409, "told why"},
		"unknown":           {"lock", hours, application(latch.ErrorUnknownLock), 409, "it has no deadline any more"},
		"of an unknown run": {"lock", hours, nil, 404, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := apitest.Running("release-1", apitest.Always([]latch.Record{used}, nil), apitest.AlwaysUpdated(nil, each.err))
			if name == "of an unknown run" {
				f = apitest.Temporal()
			}
			got := apitest.ProblemOf(t, apitest.Call(apitest.WithKeys(t, f), "POST", path, each.body, "X-API-Key", each.key), each.status)
			require.Contains(t, got.Detail, each.says)
			if each.err == nil && name != "of an unknown run" {
				require.Empty(t, f.Updates)
			}
		})
	}
}
