package console

import (
	"context"
	"net/http"
	"strings"

	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/apiclient"
)

// Options configure the console.
type Options struct {
	// TemporalUI is the address of Temporal UI, to which pages link; "" for no
	// links.
	TemporalUI string
	// Stop ends long-lived requests when the process shuts down; nil means
	// never.
	Stop context.Context
}

// Paths of the console that are not pages. Mitto's routes use /webhooks and
// others at the top level.
const (
	rootPath   = "/console/"
	loginPath  = "/login"
	logoutPath = "/logout"
	// beginPath sends a browser to the issuer.
	beginPath = loginPath + "/begin"
)

// A console holds what all pages share.
type console struct {
	core *api.API
	// api calls the API's routes as the caller in the context.
	api        *apiclient.Client
	temporalUI string
	stop       context.Context
	seats      *seats
	// formKey signs forms and the data that one page passes to the next.
	formKey []byte
	mux     *http.ServeMux
}

// Routes adds the console to an API. It is served at "/" to browsers, at /login
// and /logout, and below /console/.
func Routes(options Options) api.Routes {
	return func(core *api.API) {
		c := &console{core: core, api: apiclient.In(core.AsCaller()), temporalUI: options.TemporalUI, stop: options.Stop,
			seats: newSeats(), formKey: core.DeriveKey("latch console form"), mux: http.NewServeMux()}
		if c.stop == nil {
			c.stop = context.Background()
		}
		for i := range pages {
			c.add(&pages[i])
		}
		c.mux.HandleFunc("GET "+staticPath+"{name}", c.asset)
		for kind := range pathsOf {
			c.mux.HandleFunc("GET "+evidencePattern(kind), c.evidence(kind))
		}
		c.mux.HandleFunc("GET "+loginPath, c.showLogin)
		c.mux.HandleFunc("POST "+loginPath, c.logIn)
		c.mux.HandleFunc("GET "+beginPath, c.beginLogin)
		c.mux.HandleFunc("GET "+api.LoginAnswerPath, c.finishLogin)
		c.mux.HandleFunc("POST "+logoutPath, c.logOut)
		c.mux.HandleFunc("/", c.noPage)
		core.AddPages(api.Pages{Has: isPage, Handler: c.mux, Refuse: c.refuseProblem})
	}
}

// isPage reports whether a request is for a page of the console. A program that
// requests "/" gets the API's answer instead.
func isPage(r *http.Request) bool {
	switch path := r.URL.Path; path {
	case "/":
		return api.WantsHTML(r) || wantsStream(r)
	case loginPath, logoutPath, beginPath, api.LoginAnswerPath:
		return true
	default:
		return strings.HasPrefix(path, rootPath)
	}
}

// add registers a page.
func (c *console) add(p *page) {
	c.mux.HandleFunc("GET "+p.pattern(), func(w http.ResponseWriter, r *http.Request) { c.get(w, r, p) })
	if len(p.actions) > 0 {
		c.mux.HandleFunc("POST "+p.pattern(), func(w http.ResponseWriter, r *http.Request) { c.post(w, r, p) })
	}
}

// noPage answers requests for paths without a page.
func (c *console) noPage(w http.ResponseWriter, r *http.Request) {
	v := c.visitOf(w, r, nil)
	if v == nil {
		return
	}
	v.write(refusal(http.StatusNotFound, "There is no such page", "Follow an entry of the navigation instead."))
}
