package browser

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// What npm is to fetch: axe-core in one version, with the hash of its package.
//
//go:embed axe
var axePackage embed.FS

var axe struct {
	once   sync.Once
	script string
	err    error
}

// Violations returns the accessibility problems that axe-core finds on the page, by the rules
// of WCAG 2.2 AA and its best practices. Each has its rule and its place.
//
// npm fetches axe-core once for a test's process. CI installs npm and fails without it;
// elsewhere the test is skipped.
func (p *Page) Violations() []string {
	p.t.Helper()
	if _, err := exec.LookPath("npm"); err != nil && os.Getenv("CI") == "" {
		p.t.Skip("npm is not installed; the page is not checked by axe-core")
	}
	axe.once.Do(func() { axe.script, axe.err = fetchAxe() })
	require.NoError(p.t, axe.err)
	_, err := chromedp.Run(p.ctx, chromedp.Evaluate[any](axe.script+"; null"))
	require.NoError(p.t, err)
	found, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]string](`axe.run(document).then((result) => result.violations.flatMap((violation) =>
		violation.nodes.map((node) => violation.id + ' at ' + node.target.join(' ') + ': ' + node.failureSummary)))`, chromedp.EvalAwaitPromise))
	require.NoError(p.t, err)
	return found
}

func fetchAxe() (script string, err error) {
	folder, err := os.MkdirTemp("", "latch-axe")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	files, err := fs.Sub(axePackage, "axe")
	if err != nil {
		return "", err
	}
	if err := os.CopyFS(folder, files); err != nil {
		return "", err
	}
	install := exec.Command("npm", "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund")
	install.Dir = folder
	if output, err := install.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci: %w: %s", err, strings.TrimSpace(string(output)))
	}
	content, err := os.ReadFile(filepath.Join(folder, "node_modules", "axe-core", "axe.min.js"))
	return string(content), err
}
