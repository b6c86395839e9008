package main

import (
	"github.com/caarlos0/env/v11"

	"github.com/latch-run/latch"
)

// settings are what the environment says beside the connection to Temporal.
type settings struct {
	TaskQueue string `env:"LATCH_TASK_QUEUE"`
	// API is the address of the HTTP API that commands speak to in place of
	// Temporal, and APIKey lets them in.
	API    string `env:"LATCH_API"`
	APIKey string `env:"LATCH_API_KEY"`
	// givenQueue is the task queue where one is given, and empty where
	// TaskQueue is the default.
	givenQueue string
}

func readSettings(environ []string) (settings, error) {
	parsed, err := env.ParseAsWithOptions[settings](env.Options{Environment: env.ToMap(environ)})
	if err != nil {
		return settings{}, usageError(err)
	}
	parsed.givenQueue = parsed.TaskQueue
	if parsed.TaskQueue == "" {
		parsed.TaskQueue = latch.DefaultTaskQueue
	}
	return parsed, nil
}
