package main

import (
	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/starter/internal/spec"
)

func (a *app) jobCommand() *cobra.Command {
	return group("job", "Run jobs and sequences",
		a.runCommand(spec.Job, "run", "Start a job or a sequence",
			`Start the job or sequence that FILE describes, as the workflow job-<id> unless
--id names another. One run at a time has that id; a closed one may run again.`),
		a.controlCommand(latch.MessageStop, "job-", "Cancel a running job",
			`Cancel a running job. ID is the job's id or its workflow id: job-ID is looked
for first, then ID itself; where ID begins with job- the other way round.`),
	)
}
