package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"

	"github.com/latch-run/latch/codec"
	environment "github.com/latch-run/latch/internal/settings"
	"github.com/latch-run/latch/internal/wire"
	"github.com/latch-run/latch/plugin"
)

// healthOff is the value of LATCH_HEALTH_ADDR that opens no port.
const healthOff = "off"

// A configuration holds the settings of the worker.
type configuration struct {
	environment.Worker
	// temporal includes Latch's plugin, which also applies to the worker of this client.
	temporal client.Options
	plugin   *plugin.Plugin
}

// configure reads the environment and reports all its problems at once.
func configure() (*configuration, error) {
	given, parsing := environment.Read[environment.Worker]()
	given.DeploymentName, given.BuildID = deployment(given, os.Getenv)
	options, connecting := envconfig.LoadDefaultClientOptions()
	if connecting != nil {
		connecting = fmt.Errorf("connection to Temporal: %w", connecting)
	}
	// Logs and errors name the server's address, defaults included.
	options.Namespace = cmp.Or(options.Namespace, client.DefaultNamespace)
	options.HostPort = cmp.Or(options.HostPort, client.DefaultHostPort)
	payloads, encrypting := codec.FromEnvironment()
	latchPlugin, plugging := plugin.FromEnv()
	if err := errors.Join(parsing, check(given), connecting, encrypting, plugging); err != nil {
		return nil, err
	}
	payloads.Configure(&options)
	wire.Configure(&options)
	options.Plugins = append(options.Plugins, latchPlugin) // the client passes it the data converter
	return &configuration{Worker: given, temporal: options, plugin: latchPlugin}, nil
}

// deployment returns the deployment and the build for worker versioning: from the settings, or
// those that Temporal's worker controller gives each of its workers.
func deployment(given environment.Worker, getenv func(string) string) (name, build string) {
	if given.DeploymentName != "" || given.BuildID != "" {
		return given.DeploymentName, given.BuildID
	}
	return getenv("TEMPORAL_DEPLOYMENT_NAME"), getenv("TEMPORAL_WORKER_BUILD_ID")
}

// check finds values that can be parsed but are not valid.
func check(s environment.Worker) error {
	var problems []error
	if s.TaskQueue == "" {
		problems = append(problems, errors.New("LATCH_TASK_QUEUE: must not be empty"))
	}
	if s.HealthAddr != healthOff {
		if environment.CheckAddress(s.HealthAddr) != nil {
			problems = append(problems, fmt.Errorf("LATCH_HEALTH_ADDR: %q is neither host:port nor %q", s.HealthAddr, healthOff))
		}
	}
	if s.DrainTimeout < 0 {
		problems = append(problems, fmt.Errorf("LATCH_DRAIN_TIMEOUT: must not be negative, not %s", s.DrainTimeout))
	}
	if s.CachedRuns < 0 {
		problems = append(problems, fmt.Errorf("LATCH_CACHED_RUNS: must not be negative, not %d", s.CachedRuns))
	}
	if (s.DeploymentName == "") != (s.BuildID == "") {
		problems = append(problems, errors.New("LATCH_DEPLOYMENT_NAME and LATCH_BUILD_ID: give both, for worker versioning, or neither "+
			"(likewise TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID, which stand in for them)"))
	}
	problems = append(problems, environment.Named("LATCH_LOG_FORMAT", environment.CheckLogFormat(s.LogFormat)))
	return errors.Join(problems...)
}
