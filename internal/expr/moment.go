package expr

import "time"

// millis is RFC 3339 with milliseconds, as all of Latch's times are written.
const millis = "2006-01-02T15:04:05.000Z07:00"

// momentText writes a time in RFC 3339, UTC, with milliseconds, or more digits where it has more.
func momentText(t time.Time) string {
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		return t.UTC().Format(time.RFC3339Nano)
	}
	return t.UTC().Format(millis)
}
