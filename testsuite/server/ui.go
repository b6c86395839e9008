package server

import (
	"context"
	"fmt"
	"time"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"

	"github.com/latch-run/latch/testsuite/ready"
)

// ui is a running web UI.
type ui struct {
	server *uiserver.Server
	url    string
	done   chan struct{}
}

// startUI serves the web UI for a frontend on a loopback port, and waits until
// it answers.
func startUI(ctx context.Context, port int, frontend, namespace string) (*ui, error) {
	u := &ui{
		server: uiserver.NewServer(uioptions.WithConfigProvider(&uiconfig.Config{
			TemporalGRPCAddress: frontend,
			Host:                loopbackIP,
			Port:                port,
			EnableUI:            true,
			DefaultNamespace:    namespace,
			CORS:                uiconfig.CORS{CookieInsecure: true},
			DisableNewsFetch:    true,
			HideLogs:            true,
		})),
		url:  "http://" + loopback(port),
		done: make(chan struct{}),
	}
	go func() {
		defer close(u.done)
		_ = u.server.Start() // ends without an error after Stop
	}()
	if err := awaitOK(ctx, u.url+"/healthz"); err != nil {
		u.stop()
		return nil, fmt.Errorf("temporal server: web UI at %s: %w", u.url, err)
	}
	return u, nil
}

func (u *ui) stop() {
	u.server.Stop()
	<-u.done
}

// awaitOK waits until a URL answers 200. It returns the context's error if that
// ends first.
func awaitOK(ctx context.Context, url string) error {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := ready.Check(ctx, url)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("does not answer: %w (last: %w)", context.Cause(ctx), err)
		case <-ticker.C:
		}
	}
}
