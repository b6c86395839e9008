package browser

import (
	"context"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// shared is the Chromium of this process, which runs while tests have pages open. To start one for
// each page costs more than most tests do with it.
var shared struct {
	mutex sync.Mutex
	tests int
	ctx   context.Context
	end   func()
}

// process returns the context of the running Chromium, and starts it for the first test. It ends
// with the last of the tests that use it.
func process(t *testing.T) context.Context {
	t.Helper()
	path := executable(t)
	shared.mutex.Lock()
	defer shared.mutex.Unlock()
	if shared.tests == 0 {
		allocator, endProcess := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
			chromedp.ExecPath(path),
			chromedp.NoSandbox, // the tests may run as root, and only open their own pages
			chromedp.DisableGPU,
		)...)
		ctx, endFirst := chromedp.NewContext(allocator)
		shared.ctx, shared.end = ctx, func() { endFirst(); endProcess() }
		if err := chromedp.Do(ctx); err != nil {
			shared.end()
			require.NoError(t, err, "start %s", path)
		}
	}
	shared.tests++
	t.Cleanup(func() {
		shared.mutex.Lock()
		defer shared.mutex.Unlock()
		if shared.tests--; shared.tests == 0 {
			shared.end()
		}
	})
	return shared.ctx
}

// executable finds Chromium or Chrome, and prefers the one without a window, which takes less of
// the machine. CI installs it and fails without one; elsewhere the test is skipped.
func executable(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "" {
		t.Skip("neither Chromium nor Chrome is installed; no page is opened")
	}
	t.Fatal("neither Chromium nor Chrome is installed")
	return ""
}
