package cli

import (
	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/spec"
)

func jobCommand(e *env) *cobra.Command {
	return group("job", "Run jobs and sequences, and keep registered ones",
		runCommand(e, spec.Job, "run", "Start a job or a sequence from a file",
			`Start the job or sequence that FILE describes, as the workflow job-<id> unless
--id names another. One run at a time has that id; a closed one may run again.

With --watch the exit code is that of the work alone. Deliveries that failed do
not change it; their number is printed.`),
		controlCommand(e, latch.MessageStop, latch.JobKind, "Cancel a running job",
			`Cancel a running job.

ID is a workflow id, or the id of a job: the first of ID and job-ID that exists
is taken.`),
		jobApplyCommand(e), jobListCommand(e), jobShowCommand(e), jobStartCommand(e),
		jobPauseCommand(e, "pause", true, "Have a registered job run only when it is started",
			"Keep a registered job from running by itself, at its times or after another\njob. It still runs when it is started or triggered. A run under way goes on."),
		jobPauseCommand(e, "resume", false, "Have a registered job run by itself again", "Have a registered job run at its times, or after another job, again."),
		jobDeleteCommand(e),
	)
}
