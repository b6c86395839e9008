package server

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/temporal"

	"github.com/latch-run/latch/internal/hang"
)

// Server is a running Temporal server. Its fields do not change while it runs.
type Server struct {
	// FrontendHostPort is the address for clients and workers, as host:port.
	FrontendHostPort string

	// HTTPAddress is the base URL of Temporal's HTTP API, such as
	// "http://127.0.0.1:7243"; empty without Options.HTTP.
	HTTPAddress string

	// UIURL is the URL of the web UI, such as "http://127.0.0.1:8233"; empty
	// without Options.UI.
	UIURL string

	temporal temporal.Server
	ui       *ui
	stop     func() error
}

// Start starts a server and returns once it is ready: clients can connect, the
// namespaces and search attributes exist, and the UI answers. ctx bounds only
// the start, which takes at most [hang.Limit]; the server runs until Stop.
//
// Start returns an error if a given port is taken, the database file cannot be
// opened, or the server is not ready in time. Nothing is left running then.
func Start(ctx context.Context, options Options) (*Server, error) {
	o := options.withDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, hang.Limit)
	defer cancel()

	stored, err := prepareDatabases(o)
	if err != nil {
		return nil, err
	}
	p := choosePorts(o)
	running, err := startTemporal(p, stored, o)
	if err != nil {
		return nil, fmt.Errorf("temporal server on %s: %w", loopback(p.frontend), err)
	}
	s := &Server{FrontendHostPort: loopback(p.frontend), temporal: running}
	s.stop = sync.OnceValue(s.shutDown)
	if o.HTTP {
		s.HTTPAddress = "http://" + loopback(p.http)
	}
	if err := s.makeReady(ctx, o); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// Stop stops the server and returns when its ports are closed. That takes a few
// seconds, or less if its clients were closed before. State in a file is
// available to the next start. Further calls only return the result of the
// first.
func (s *Server) Stop() error {
	return s.stop()
}

func (s *Server) shutDown() error {
	if s.ui != nil {
		s.ui.stop()
	}
	if err := s.temporal.Stop(); err != nil {
		return fmt.Errorf("temporal server on %s: stopping: %w", s.FrontendHostPort, err)
	}
	return nil
}

// startTemporal builds and starts the services. It does not wait until they are
// ready.
func startTemporal(p ports, stored databases, o Options) (running temporal.Server, err error) {
	defer func() {
		if f, ok := recover().(fatal); ok {
			err = f
		}
	}()
	running, err = temporal.NewServer(
		temporal.WithConfig(temporalConfig(p, stored)),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(hosts(p)),
		temporal.WithLogger(logger{o.Logger, newDiskWatch(o)}),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper {
			return authorization.NewNoopClaimMapper()
		}),
		temporal.WithDynamicConfigClient(dynamicConfig(stored.kept, o.DynamicConfig)),
	)
	if err != nil {
		return nil, err
	}
	if err := running.Start(); err != nil {
		return nil, errors.Join(err, running.Stop())
	}
	return running, nil
}

// makeReady waits until the frontend serves every namespace, adds the search
// attributes that a namespace in an existing file lacks, and starts the UI.
func (s *Server) makeReady(ctx context.Context, o Options) error {
	for _, namespace := range o.Namespaces {
		if err := s.prepareNamespace(ctx, namespace, o); err != nil {
			return fmt.Errorf("temporal server on %s: namespace %q: %w", s.FrontendHostPort, namespace, err)
		}
	}
	if !o.UI {
		return nil
	}
	u, err := startUI(ctx, orFree(o.UIPort), s.FrontendHostPort, o.Namespaces[0])
	if err != nil {
		return err
	}
	s.ui, s.UIURL = u, u.url
	return nil
}

func (s *Server) prepareNamespace(ctx context.Context, namespace string, o Options) error {
	c, err := client.DialContext(ctx, client.Options{
		HostPort: s.FrontendHostPort, Namespace: namespace, Logger: o.Logger,
	})
	if err != nil {
		return err
	}
	defer c.Close()
	if err := awaitNamespace(ctx, c, namespace); err != nil {
		return err
	}
	return addSearchAttributes(ctx, c, namespace, o.SearchAttributes)
}

// awaitNamespace asks for a workflow that does not exist until the server says
// so. That answer requires the frontend, the namespace and the history service.
func awaitNamespace(ctx context.Context, c client.Client, namespace string) error {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		_, err := c.WorkflowService().DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{
			Namespace: namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: "none"},
		})
		if _, served := errors.AsType[*serviceerror.NotFound](err); served || err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not served in time: %w", err)
		case <-ticker.C:
		}
	}
}

func addSearchAttributes(ctx context.Context, c client.Client, namespace string, want map[string]enumspb.IndexedValueType) error {
	if len(want) == 0 {
		return nil
	}
	listed, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return fmt.Errorf("listing search attributes: %w", err)
	}
	missing := missingAttributes(want, listed.GetCustomAttributes())
	if len(missing) == 0 {
		return nil
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: namespace, SearchAttributes: missing,
	})
	if err != nil {
		return fmt.Errorf("adding search attributes %v: %w", missing, err)
	}
	return nil
}
