package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
)

// An apiClient calls Latch's API.
type apiClient struct {
	url    string
	client http.Client
}

func newAPIClient(url string) *apiClient {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 0, 1000
	return &apiClient{url: url, client: http.Client{Transport: transport}}
}

// call sends JSON. A response other than 2xx is an error with the response's
// text.
func (c *apiClient) call(ctx context.Context, method, path string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= 300 {
		return fmt.Errorf("%s %s answered %d: %s", method, path, response.StatusCode, answer)
	}
	return nil
}
