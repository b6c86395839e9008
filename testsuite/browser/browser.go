package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/security"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/hang"
)

// A Page is a tab of a browser. An action that is not possible fails the test, with the page's
// text.
type Page struct {
	t   *testing.T
	ctx context.Context

	mutex    sync.Mutex
	requests []string
}

// A Size is the size of a window, in CSS pixels.
type Size struct{ Width, Height int64 }

// These are sizes of windows.
var (
	Desktop = Size{1280, 800}
	Phone   = Size{390, 844}
)

// again is how long a visitor waits before the next try.
const again = 500 * time.Millisecond

// Open opens a tab with an empty profile. It closes with the test.
func Open(t *testing.T, size Size) *Page {
	t.Helper()
	limited, cancel := context.WithTimeout(process(t), hang.Limit)
	t.Cleanup(cancel)
	ctx, endTab := chromedp.NewContext(limited, chromedp.WithNewBrowserContext())
	t.Cleanup(endTab)
	p := &Page{t: t, ctx: ctx}
	p.do("open a tab", chromedp.EmulateViewport(size.Width, size.Height))
	require.NoError(t, chromedp.Listen(ctx, func(event any) {
		if sent, is := event.(*network.EventRequestWillBeSent); is {
			p.mutex.Lock()
			defer p.mutex.Unlock()
			p.requests = append(p.requests, sent.Request.URL)
		}
	}))
	return p
}

// TrustAll makes the tab trust any certificate, such as that of a server of the test's own.
func (p *Page) TrustAll() {
	p.t.Helper()
	p.do("trust certificates", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, security.SetIgnoreCertificateErrors, security.SetIgnoreCertificateErrorsParams{Ignore: true})
		return err
	}))
}

// Requests returns the addresses of all requests so far.
func (p *Page) Requests() []string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return slices.Clone(p.requests)
}

// Resize changes the window.
func (p *Page) Resize(size Size) {
	p.t.Helper()
	p.do("resize the window", chromedp.EmulateViewport(size.Width, size.Height))
}

// Prefer sets the reader's preferred color scheme, light or dark.
func (p *Page) Prefer(scheme string) {
	p.t.Helper()
	p.do("prefer "+scheme, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		return err
	}))
}

// ForbidScripts disables scripts from now on.
func (p *Page) ForbidScripts() {
	p.t.Helper()
	p.do("forbid scripts", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
}

// Visit opens an address and returns the status of its answer. As a person would, it tries again
// where the answer is 503, which a busy server may give.
func (p *Page) Visit(url string) int64 {
	p.t.Helper()
	for ticker := time.Tick(again); ; <-ticker {
		if status := p.load("visit "+url, chromedp.Navigate(url)); status != http.StatusServiceUnavailable || p.ctx.Err() != nil {
			return status
		}
	}
}

// Press presses a button and returns the status of the page that follows.
func (p *Page) Press(button string) int64 {
	p.t.Helper()
	return p.load("press the button "+button, chromedp.Click("", named("button", button)))
}

// Follow follows a link and returns the status of the page that follows.
func (p *Page) Follow(link string) int64 {
	p.t.Helper()
	return p.load("follow the link "+link, chromedp.Click("", named("link", link)))
}

// Type presses keys, wherever the focus is.
func (p *Page) Type(keys string) {
	p.t.Helper()
	p.do("type "+keys, chromedp.KeyEvent(keys))
}

// Focused returns the accessible name of the focused element.
func (p *Page) Focused() string {
	p.t.Helper()
	text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.activeElement.textContent || document.activeElement.labels?.[0]?.textContent || ''"))
	require.NoError(p.t, err)
	return text
}

// FocusedLink returns the target of the focused link.
func (p *Page) FocusedLink() string {
	p.t.Helper()
	address, err := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.activeElement.href || ''"))
	require.NoError(p.t, err)
	return address
}

// Await waits until the page shows the text.
func (p *Page) Await(text string) {
	p.t.Helper()
	p.do("wait for "+text, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		for ticker := time.Tick(20 * time.Millisecond); ; {
			if strings.Contains(p.Text(), text) {
				return nil
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-ticker:
			}
		}
	}))
}

// Address returns the page's address.
func (p *Page) Address() string {
	p.t.Helper()
	address, err := chromedp.Run(p.ctx, chromedp.Evaluate[string]("location.href"))
	require.NoError(p.t, err)
	return address
}

// Cookie returns the value of a cookie that the browser would send to the page's server, or "".
func (p *Page) Cookie(name string) string {
	p.t.Helper()
	var value string
	p.do("read the cookie "+name, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		kept, err := cdp.Call(ctx, tab, network.GetCookies, network.GetCookiesParams{})
		for _, cookie := range kept.Cookies {
			if cookie.Name == name {
				value = cookie.Value
			}
		}
		return err
	}))
	return value
}

// Title returns the page's title.
func (p *Page) Title() string {
	p.t.Helper()
	title, err := chromedp.Run(p.ctx, chromedp.Title())
	require.NoError(p.t, err)
	return title
}

// Fill replaces the text of a field.
func (p *Page) Fill(field, text string) {
	p.t.Helper()
	in := named("textbox", field)
	p.do("fill "+field, chromedp.Focus("", in))
	_, err := chromedp.Run(p.ctx, chromedp.Evaluate[any]("document.activeElement.select()"))
	require.NoError(p.t, err)
	p.do("fill "+field, chromedp.SendKeys("", text, in))
}

// Names returns the accessible names of all elements with a role, in the page's order.
func (p *Page) Names(role string) []string {
	p.t.Helper()
	names := []string{}
	p.do("list each "+role, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		document, err := chromedp.Evaluate[*runtime.RemoteObject]("document")(ctx, tab)
		if err != nil {
			return err
		}
		nodes, err := query(ctx, tab, accessibility.QueryAXTreeParams{ObjectID: document.ObjectID, Role: role})
		for _, node := range nodes {
			var name string
			if err := json.Unmarshal(node.Name.Value, &name); err != nil {
				return err
			}
			names = append(names, name)
		}
		return err
	}))
	return names
}

// Text returns the page's visible text, which is empty while another one loads.
func (p *Page) Text() string {
	p.t.Helper()
	text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.body?.innerText ?? ''")) // in one step: the page may change meanwhile
	require.NoError(p.t, err)
	return text
}

// IsWiderThanItsWindow reports whether the page scrolls sideways.
func (p *Page) IsWiderThanItsWindow() bool {
	p.t.Helper()
	wider, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool]("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
	require.NoError(p.t, err)
	return wider
}

func (p *Page) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, actions...); err != nil {
		p.fail(what, err)
	}
}

// load performs an action that loads another page, and waits for that page.
func (p *Page) load(what string, action chromedp.Action[chromedp.Void]) int64 {
	p.t.Helper()
	response, err := chromedp.RunResponse(p.ctx, action)
	if err != nil {
		p.fail(what, err)
	}
	return response.Status
}

// lastLook bounds reading the page of a test that fails: its tab may have stopped answering.
const lastLook = 10 * time.Second

func (p *Page) fail(what string, err error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), lastLook)
	defer cancel()
	text, unread := chromedp.Run(ctx, chromedp.Text(chromedp.CSS("body")))
	if unread != nil {
		text = fmt.Sprintf("(%v)", unread)
	}
	p.t.Fatalf("%s: %v; the page:\n%s", what, err, text)
}

// named finds an element by its role and accessible name.
func named(role, name string) chromedp.QueryOption {
	return chromedp.ByFunc(func(ctx context.Context, tab *chromedp.Target, root *chromedp.Node) ([]cdp.NodeID, error) {
		nodes, err := query(ctx, tab, accessibility.QueryAXTreeParams{NodeID: root.NodeID, Role: role, AccessibleName: name})
		if err != nil || len(nodes) == 0 {
			return nil, err
		}
		found := make([]cdp.BackendNodeID, len(nodes))
		for i, node := range nodes {
			found[i] = node.BackendDOMNodeID
		}
		pushed, err := cdp.Call(ctx, tab, dom.PushNodesByBackendIDsToFrontend, dom.PushNodesByBackendIDsToFrontendParams{BackendNodeIDs: found})
		return pushed.NodeIDs, err
	})
}

// query returns the elements that a screen reader would announce.
func query(ctx context.Context, tab *chromedp.Target, asked accessibility.QueryAXTreeParams) ([]*accessibility.Node, error) {
	found, err := cdp.Call(ctx, tab, accessibility.QueryAXTree, asked)
	return slices.DeleteFunc(found.Nodes, func(node *accessibility.Node) bool { return node.Ignored }), err
}
