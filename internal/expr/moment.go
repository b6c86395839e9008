package expr

import (
	"time"
	_ "time/tzdata" // gives now.getHours('Europe/Berlin') the same result in a container without time zones

	"github.com/google/cel-go/common/types"

	"github.com/latch-run/latch/internal/vars"
)

// withMoments parses the strings of a variable that are times. All other times in the data stay
// strings, which timestamp(…) converts. A time that cannot be parsed is an error when it is used.
func withMoments(name string, k vars.Kind, value any) any {
	if k == vars.Moment {
		return parseMoment(value)
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return value
	}
	known, _ := vars.Find(name)
	for _, key := range known.Moments {
		if text, found := fields[key]; found {
			fields[key] = parseMoment(text)
		}
	}
	return fields
}

func parseMoment(value any) any {
	text, ok := value.(string)
	if !ok {
		return value
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return types.NewErr("%q is not a time in RFC 3339", shorten(text))
	}
	return types.Timestamp{Time: at}
}

// millis is RFC 3339 with milliseconds, the format of all times in Latch.
const millis = "2006-01-02T15:04:05.000Z07:00"

// momentText formats a time as RFC 3339 in UTC, with milliseconds, or more digits if it has more.
func momentText(t time.Time) string {
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		return t.UTC().Format(time.RFC3339Nano)
	}
	return t.UTC().Format(millis)
}
