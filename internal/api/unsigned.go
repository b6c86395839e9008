package api

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/locklink"
)

// A lock's link may bear the HMAC that opens its page. Those who may not
// remove locks are shown it without.

func unsigned(link string) string {
	address, _, _ := strings.Cut(link, "?")
	return address
}

func unsignedLocks(locks []latch.OpenLock) []latch.OpenLock {
	locks = slices.Clone(locks)
	for i := range locks {
		locks[i].URL = unsigned(locks[i].URL)
	}
	return locks
}

// unsignedRecord also takes the HMAC out of what an endpoint sent back: one may
// answer with what it was sent.
func unsignedRecord(record latch.Record) latch.Record {
	if record.Lock == nil {
		return record
	}
	lock := *record.Lock
	lock.URL = unsigned(lock.URL)
	if signature := signatureOf(record.Lock.URL); signature != "" {
		mask := func(text string) string { return strings.ReplaceAll(text, signature, "***") }
		record.Error, lock.Reason = mask(record.Error), mask(lock.Reason)
		record.Data = maps.Clone(record.Data)
		for name, value := range record.Data {
			record.Data[name] = json.RawMessage(mask(string(value)))
		}
		if record.Response != nil {
			response := *record.Response
			response.Body, response.Headers = mask(response.Body), maps.Clone(response.Headers)
			for name, value := range response.Headers {
				response.Headers[name] = mask(value)
			}
			record.Response = &response
		}
	}
	record.Lock = &lock
	return record
}

// signatureOf gives the HMAC that a link bears, "" where it bears none.
func signatureOf(link string) string {
	address, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return address.Query().Get(locklink.Parameter)
}

func unsignedRecords(records []latch.Record) []latch.Record {
	records = slices.Clone(records)
	for i := range records {
		records[i] = unsignedRecord(records[i])
	}
	return records
}
