package delivery

import (
	"strings"
	"time"
)

// zones maps the time zone names of Internet dates to offsets (RFC 5322, section 4.3). A date
// with any other name is invalid: read as UTC, it could be hours too early.
var zones = map[string]string{
	"GMT": "+0000", "UTC": "+0000", "UT": "+0000", "Z": "+0000",
	"EST": "-0500", "EDT": "-0400", "CST": "-0600", "CDT": "-0500", "MST": "-0700", "MDT": "-0600", "PST": "-0800", "PDT": "-0700",
}

// dateLayouts are the layouts of dates without their zone. The seconds may have a fraction in
// each.
var dateLayouts = []string{
	"Mon, 2 Jan 2006 15:04:05",    // RFC 9110, section 5.6.7
	"2 Jan 2006 15:04:05",         // RFC 5322, where the weekday is optional
	"Monday, 2-Jan-06 15:04:05",   // RFC 850
	"Mon, 2-Jan-06 15:04:05",      // the same, as cookies were dated
	"Mon, 2-Jan-2006 15:04:05",    //
	"Monday, 2-Jan-2006 15:04:05", //
	"Mon Jan 2 15:04:05 2006",     // asctime of C
	"2006-01-02T15:04:05",         // RFC 3339
	"2006-01-02 15:04:05",         //
}

// zoneLayouts are the layouts of the zone after a date. No zone means UTC.
var zoneLayouts = []string{" -0700", " -07:00", "Z07:00", "Z0700", ""}

// parseDate reads a date in any format that HTTP allows or has allowed, or of RFC 3339, in any
// zone.
func parseDate(text string) (date time.Time, is bool) {
	words := strings.Fields(strings.ToUpper(text))
	if last := len(words) - 1; last > 0 {
		if digits, named := zones[words[last]]; named {
			words[last] = digits
		}
	}
	text = strings.Join(words, " ")
	for _, layout := range dateLayouts {
		for _, zone := range zoneLayouts {
			if date, err := time.Parse(layout+zone, text); err == nil {
				return date, true
			}
		}
	}
	return time.Time{}, false
}
