package cron

import (
	"fmt"
	"time"
	_ "time/tzdata" // gives the same results on a machine without a time zone database

	"github.com/latch-run/latch"
)

// Check returns the problems for which Temporal would reject the schedule, with
// paths relative to it. A nil schedule, or one that follows a job, has none.
func Check(schedule *latch.Schedule) latch.Problems {
	var problems latch.Problems
	if schedule == nil {
		return nil
	}
	if schedule.Cron != "" {
		zone, rest, err := splitZone(schedule.Cron)
		if err == nil {
			_, err = parse(rest)
		}
		if err != nil {
			problems.Addf("cron", "%q: %v", schedule.Cron, err)
		}
		if err := checkZone(zone); err != nil {
			problems.Addf("cron", "%q: %v", schedule.Cron, err)
		}
		if zone != "" && schedule.Timezone != "" && zone != schedule.Timezone {
			problems.Addf("timezone", "%q is another zone than the cron expression's own, %q", schedule.Timezone, zone)
		}
	}
	if err := checkZone(schedule.Timezone); err != nil {
		problems.Addf("timezone", "%v", err)
	}
	return problems
}

// LoadZone returns the time zone with an IANA name, or UTC if it is empty.
func LoadZone(name string) (*time.Location, error) {
	if err := checkZone(name); err != nil {
		return nil, err
	}
	return time.LoadLocation(name)
}

func checkZone(name string) error {
	if name == "Local" {
		return fmt.Errorf("a time zone is an IANA name such as Europe/Berlin; Local would be the server's")
	}
	if _, err := time.LoadLocation(name); err != nil {
		return fmt.Errorf("there is no time zone %q; one is an IANA name such as Europe/Berlin or UTC", name)
	}
	return nil
}

// Zone returns the schedule's time zone, or UTC if it has none or names an
// unknown one.
func Zone(schedule *latch.Schedule) *time.Location {
	_, zone := timesOf(schedule)
	return zone
}

// timesOf parses a schedule without problems. times is nil if the schedule has
// no cron expression.
func timesOf(schedule *latch.Schedule) (times *expression, zone *time.Location) {
	if schedule == nil || schedule.Cron == "" || len(Check(schedule)) > 0 {
		return nil, time.UTC
	}
	name, rest, _ := splitZone(schedule.Cron)
	if name == "" {
		name = schedule.Timezone
	}
	times, _ = parse(rest)
	zone, _ = time.LoadLocation(name) // both were checked
	return times, zone
}
