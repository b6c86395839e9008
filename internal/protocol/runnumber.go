package protocol

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
)

// Bounds of the numbers by which clients of Mitto know runs. All stay below
// 2^53, the largest range in which JavaScript's numbers are exact.
const (
	// runsOfJob is how many numbers there are for the runs of one job.
	runsOfJob = 9_000_000
	// numberedJobs bounds the ids of jobs that a run's number can hold.
	numberedJobs = 1_000_000_000
	// otherRuns is the first number of a run whose job has another id.
	otherRuns = runsOfJob * numberedJobs
)

// RunNumber returns the number by which clients of Mitto know a run, made of
// the job's id and the run's id in Temporal. [JobOfRun] reads the job's id from
// it if that is a whole number below 1,000,000,000.
func RunNumber(job, runID string) int64 {
	hash := sha256.Sum256([]byte(runID))
	chance := int64(binary.BigEndian.Uint64(hash[:]) >> 1)
	number, err := strconv.ParseInt(job, 10, 64)
	if err != nil || number < 1 || number >= numberedJobs || strconv.FormatInt(number, 10) != job {
		return otherRuns + chance%(1<<53-otherRuns)
	}
	return number*runsOfJob + chance%runsOfJob
}

// JobOfRun returns the id of the job whose run may have the number, "" if the
// number holds none.
func JobOfRun(number int64) string {
	if number < runsOfJob || number >= otherRuns {
		return ""
	}
	return strconv.FormatInt(number/runsOfJob, 10)
}
