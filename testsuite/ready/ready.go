// Package ready checks whether processes that serve HTTP are ready.
package ready

import (
	"context"
	"fmt"
	"net/http"
)

// Check returns nil if GET url returns 200 OK.
func Check(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s answered %s", url, response.Status)
	}
	return nil
}
