package protocol

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
)

// These bound the numbers that identify runs to clients of Mitto. All stay below 2^53, the
// largest range in which JavaScript's numbers are exact.
const (
	// runsOfJob is how many numbers are available for the runs of one job.
	runsOfJob = 9_000_000
	// numberedJobs bounds the job ids that a run's number can contain.
	numberedJobs = 1_000_000_000
	// otherRuns is the first number for runs of jobs with other ids.
	otherRuns = runsOfJob * numberedJobs
)

// RunNumber returns the number that identifies a run to clients of Mitto, made from the job's
// id and the run's id in Temporal. [JobOfRun] extracts the job's id if that is a whole number
// below 1,000,000,000.
func RunNumber(job, runID string) int64 {
	hash := sha256.Sum256([]byte(runID))
	chance := int64(binary.BigEndian.Uint64(hash[:]) >> 1)
	number, err := strconv.ParseInt(job, 10, 64)
	if err != nil || number < 1 || number >= numberedJobs || strconv.FormatInt(number, 10) != job {
		return otherRuns + chance%(1<<53-otherRuns)
	}
	return number*runsOfJob + chance%runsOfJob
}

// JobOfRun returns the id of the job in a run's number, or "" if the number contains none.
func JobOfRun(number int64) string {
	if number < runsOfJob || number >= otherRuns {
		return ""
	}
	return strconv.FormatInt(number/runsOfJob, 10)
}
