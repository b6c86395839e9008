package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	enums "go.temporal.io/api/enums/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/freeport"
	"github.com/latch-run/latch/testsuite/server"
	"github.com/latch-run/latch/testsuite/stack"
)

const logLines = 40

// serve starts everything and runs it until the context ends, or until the worker ends, which
// is an error.
func serve(ctx context.Context, out io.Writer, s settings) (err error) {
	temporal := server.Options{FrontendPort: s.port(frontendPort), HTTPPort: s.port(httpPort), UIPort: s.port(uiPort),
		SearchAttributes: searchAttributes, Full: func(text string) { fmt.Fprintln(out, text) }}
	stored, err := s.openStore(ctx, &temporal)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stored.close()) }()
	if err := s.checkPorts(); err != nil {
		return err
	}
	receiver, err := listen(s.port(receiverPort), out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, receiver.close()) }()
	api, err := s.apiAddress()
	if err != nil {
		return err
	}
	up, err := stack.Start(ctx, stack.Options{
		Server:   temporal,
		API:      api,
		Worker:   s.worker,
		Builder:  s.builder,
		Progress: func(what string) { fmt.Fprintf(out, "%s …\n", what) },
	})
	if err != nil {
		return err
	}
	defer func() {
		fmt.Fprintln(out, "stopping …")
		err = errors.Join(err, up.Close())
	}()
	if err := placesOf(up, s.worker, receiver.url, "http://"+api, stored.place).help(out); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case <-up.Worker.Ended():
		return fmt.Errorf("the worker ended; its log ends:\n%s", up.WorkerLog(logLines))
	case <-up.API.Ended():
		return fmt.Errorf("the API ended; its log says:\n%s", up.API.Stderr.String())
	}
}

// searchAttributes are those of Latch.
var searchAttributes = map[string]enums.IndexedValueType{
	latch.SearchAttributeID:       enums.INDEXED_VALUE_TYPE_KEYWORD,
	latch.SearchAttributeStatus:   enums.INDEXED_VALUE_TYPE_KEYWORD,
	latch.SearchAttributeWaiting:  enums.INDEXED_VALUE_TYPE_BOOL,
	latch.SearchAttributeWebhooks: enums.INDEXED_VALUE_TYPE_KEYWORD_LIST,
}

// apiAddress is where Latch's API listens.
func (s settings) apiAddress() (string, error) {
	if given := s.port(apiPort); given != 0 {
		return loopback(given), nil
	}
	return freeport.Address()
}
