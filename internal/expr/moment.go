package expr

import (
	"time"
	_ "time/tzdata" // now.getHours('Europe/Berlin') is the same in a container without time zones

	"github.com/google/cel-go/common/types"

	"github.com/latch-run/latch/internal/vars"
)

// withMoments makes times of those strings of a variable that are some. All other times of the data
// are strings, of which timestamp(…) makes a time. One that cannot be read fails what looks at it.
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

// millis is RFC 3339 with milliseconds, as all of Latch's times are written.
const millis = "2006-01-02T15:04:05.000Z07:00"

// momentText writes a time in RFC 3339, UTC, with milliseconds, or more digits where it has more.
func momentText(t time.Time) string {
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		return t.UTC().Format(time.RFC3339Nano)
	}
	return t.UTC().Format(millis)
}
