package api

import (
	"slices"
	"strings"

	"github.com/latch-run/latch"
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

func unsignedRecord(record latch.Record) latch.Record {
	if record.Lock != nil {
		lock := *record.Lock
		lock.URL = unsigned(lock.URL)
		record.Lock = &lock
	}
	return record
}

func unsignedRecords(records []latch.Record) []latch.Record {
	records = slices.Clone(records)
	for i := range records {
		records[i] = unsignedRecord(records[i])
	}
	return records
}
