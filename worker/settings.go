package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"

	"github.com/latch-run/latch/codec"
	environment "github.com/latch-run/latch/internal/settings"
	"github.com/latch-run/latch/plugin"
)

// settings are the worker's own; the plugin reads the others.
type settings struct {
	TaskQueue      string        `env:"LATCH_TASK_QUEUE" envDefault:"latch"`
	HealthAddr     string        `env:"LATCH_HEALTH_ADDR" envDefault:"127.0.0.1:7128"`
	DrainTimeout   time.Duration `env:"LATCH_DRAIN_TIMEOUT" envDefault:"75s"`
	DeploymentName string        `env:"LATCH_DEPLOYMENT_NAME"`
	BuildID        string        `env:"LATCH_BUILD_ID"`
	LogLevel       slog.Level    `env:"LATCH_LOG_LEVEL" envDefault:"info"`
	LogFormat      string        `env:"LATCH_LOG_FORMAT" envDefault:"text"`
}

// healthOff is the value of LATCH_HEALTH_ADDR that opens no port.
const healthOff = "off"

// A configuration is everything that the worker runs by.
type configuration struct {
	settings
	// temporal has Latch's plugin, for the worker that is made with the client.
	temporal client.Options
	plugin   *plugin.Plugin
}

// configure reads the environment and reports all that is wrong with it at
// once.
func configure() (*configuration, error) {
	given, parsing := environment.Read[settings]()
	options, connecting := envconfig.LoadDefaultClientOptions()
	if connecting != nil {
		connecting = fmt.Errorf("connection to Temporal: %w", connecting)
	}
	// Logs and errors name where the worker connects, defaults included.
	options.Namespace = cmp.Or(options.Namespace, client.DefaultNamespace)
	options.HostPort = cmp.Or(options.HostPort, client.DefaultHostPort)
	payloads, encrypting := codec.FromEnvironment()
	latchPlugin, plugging := plugin.FromEnv()
	if err := errors.Join(parsing, given.check(), connecting, encrypting, plugging); err != nil {
		return nil, err
	}
	payloads.Configure(&options)
	options.Plugins = append(options.Plugins, latchPlugin) // which learns of the data converter so
	return &configuration{settings: given, temporal: options, plugin: latchPlugin}, nil
}

// check looks for values that parse and yet cannot be.
func (s settings) check() error {
	var problems []error
	if s.TaskQueue == "" {
		problems = append(problems, errors.New("LATCH_TASK_QUEUE: must not be empty"))
	}
	if s.HealthAddr != healthOff {
		if _, _, err := net.SplitHostPort(s.HealthAddr); err != nil {
			problems = append(problems, fmt.Errorf("LATCH_HEALTH_ADDR: %q is neither host:port nor %q", s.HealthAddr, healthOff))
		}
	}
	if s.DrainTimeout < 0 {
		problems = append(problems, fmt.Errorf("LATCH_DRAIN_TIMEOUT: must not be negative, not %s", s.DrainTimeout))
	}
	if (s.DeploymentName == "") != (s.BuildID == "") {
		problems = append(problems, errors.New("LATCH_DEPLOYMENT_NAME and LATCH_BUILD_ID: give both, for worker versioning, or neither"))
	}
	if s.LogFormat != "text" && s.LogFormat != "json" {
		problems = append(problems, fmt.Errorf("LATCH_LOG_FORMAT: %q is neither text nor json", s.LogFormat))
	}
	return errors.Join(problems...)
}

// logger makes the worker's logger.
func (s settings) logger(out io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: s.LogLevel}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}
