package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
)

// port is a port that dev listens on, as set by its flag or its variable.
type port struct {
	flag, variable, what string
	number               int // 0 takes a free one
}

// These are the flags of the ports.
const (
	frontendPort = "frontend-port"
	httpPort     = "http-port"
	uiPort       = "ui-port"
	receiverPort = "receiver-port"
	healthPort   = "health-port"
	apiPort      = "api-port"
)

func allPorts() []port {
	return []port{
		{frontendPort, "DEV_FRONTEND_PORT", "Temporal's frontend", 7233},
		{httpPort, "DEV_HTTP_PORT", "Temporal's HTTP API", 7243},
		{uiPort, "DEV_UI_PORT", "Temporal's UI", 8233},
		{receiverPort, "DEV_RECEIVER_PORT", "the receiver", 8080},
		{healthPort, "DEV_HEALTH_PORT", "the worker's health and metrics, unless LATCH_HEALTH_ADDR says another", 7128},
		{apiPort, "DEV_API_PORT", "Latch's HTTP API", 7127},
	}
}

// port is the number of the port that the flag sets.
func (s settings) port(flag string) int {
	for _, p := range s.ports {
		if p.flag == flag {
			return p.number
		}
	}
	return 0
}

// checkPorts returns an error that names every port that is in use, before anything is started.
// The worker's health port counts if the worker listens there.
func (s settings) checkPorts() error {
	var problems []error
	for _, p := range s.ports {
		if p.number == 0 || p.flag == healthPort && s.worker.Value("LATCH_HEALTH_ADDR", "") != loopback(p.number) {
			continue
		}
		listener, err := net.Listen("tcp", loopback(p.number))
		if err == nil {
			err = listener.Close()
		}
		if err != nil {
			problems = append(problems, p.taken(err))
		}
	}
	return errors.Join(problems...)
}

// taken says how to choose another port instead of one in use.
func (p *port) taken(err error) error {
	other := p.number + 1
	return fmt.Errorf("port %d of %s: %w; end what has it, or choose another: make dev DEV_FLAGS='-%s %d', or %s=%d make dev",
		p.number, p.what, err, p.flag, other, p.variable, other)
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
