package main

import (
	"github.com/caarlos0/env/v11"

	"github.com/latch-run/latch"
)

// settings are what the environment says beside the connection to Temporal.
type settings struct {
	TaskQueue string `env:"LATCH_TASK_QUEUE"`
}

func readSettings(environ []string) (settings, error) {
	parsed, err := env.ParseAsWithOptions[settings](env.Options{Environment: env.ToMap(environ)})
	if err != nil {
		return settings{}, usageError(err)
	}
	if parsed.TaskQueue == "" {
		parsed.TaskQueue = latch.DefaultTaskQueue
	}
	return parsed, nil
}
