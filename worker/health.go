package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch/internal/loopback"
)

// A health server answers /healthz (the process is up), /readyz (it polls its task queue and
// reaches Temporal) and /metrics. It requires no key.
type health struct {
	temporal client.Client
	polling  atomic.Bool
	listener net.Listener
	server   *http.Server
}

// startHealth listens on the address; "off" opens no port.
func startHealth(address string, temporal client.Client, metrics http.Handler) (*health, error) {
	h := &health{temporal: temporal}
	if address == healthOff {
		return h, nil
	}
	var err error
	if h.listener, err = net.Listen("tcp", address); err != nil {
		return nil, fmt.Errorf("LATCH_HEALTH_ADDR: listen on %s: %w", address, err)
	}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	routes.HandleFunc("GET /readyz", h.readyz)
	routes.Handle("GET /metrics", metrics)
	h.server = &http.Server{Handler: guarded(h.listener.Addr(), routes), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10}
	go func() {
		if err := h.server.Serve(h.listener); !errors.Is(err, http.ErrServerClosed) {
			slog.Error("health server ended", "error", err)
		}
	}()
	return h, nil
}

// guarded rejects requests from web pages if the server listens only on this machine. A server
// that listens elsewhere answers everybody who can reach it.
func guarded(address net.Addr, next http.Handler) http.Handler {
	if listens, ok := address.(*net.TCPAddr); !ok || !listens.IP.IsLoopback() {
		return next
	}
	guard := loopback.NewGuard("")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := guard.Check(r); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ready reports whether the worker takes work.
func (h *health) ready(polling bool) { h.polling.Store(polling) }

func (h *health) readyz(w http.ResponseWriter, request *http.Request) {
	if !h.polling.Load() {
		http.Error(w, "the worker does not poll its task queue", http.StatusServiceUnavailable)
		return
	}
	ctx, cancel := context.WithTimeout(request.Context(), 3*time.Second)
	defer cancel()
	if _, err := h.temporal.CheckHealth(ctx, nil); err != nil {
		http.Error(w, "Temporal is out of reach", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}

func (h *health) address() string {
	if h.listener == nil {
		return healthOff
	}
	return h.listener.Addr().String()
}

func (h *health) close() {
	if h.server != nil {
		_ = h.server.Close() // the process is ending
	}
}
