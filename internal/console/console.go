package console

import (
	"context"
	"net/http"
	"strings"

	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/apiclient"
)

// Options is what the console needs beside the API.
type Options struct {
	// TemporalUI is the address of Temporal UI, to which pages link; "" for no links.
	TemporalUI string
	// Stop ends what is open for long when the process is to end; nil is never.
	Stop context.Context
}

// Paths beside the pages'. Mitto's routes have /webhooks and others at the top.
const (
	rootPath   = "/console/"
	loginPath  = "/login"
	logoutPath = "/logout"
)

// console is the pages with what they share.
type console struct {
	core *api.API
	// api calls the routes as whoever a context says.
	api        *apiclient.Client
	temporalUI string
	stop       context.Context
	seats      *seats
	// formKey signs forms, and what one page passes to the next.
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
		c.mux.HandleFunc("GET "+loginPath, c.showLogin)
		c.mux.HandleFunc("POST "+loginPath, c.logIn)
		c.mux.HandleFunc("POST "+logoutPath, c.logOut)
		c.mux.HandleFunc("/", c.noPage)
		core.AddPages(api.Pages{Has: isPage, Handler: c.mux, Refuse: c.refuseProblem})
	}
}

// isPage reports whether a request is for a page of the console. A program that
// asks for "/" is not a visitor.
func isPage(r *http.Request) bool {
	switch path := r.URL.Path; path {
	case "/":
		return api.WantsHTML(r) || wantsStream(r)
	case loginPath, logoutPath:
		return true
	default:
		return strings.HasPrefix(path, rootPath)
	}
}

// add has a page served.
func (c *console) add(p *page) {
	c.mux.HandleFunc("GET "+p.pattern(), func(w http.ResponseWriter, r *http.Request) { c.get(w, r, p) })
	if len(p.actions) > 0 {
		c.mux.HandleFunc("POST "+p.pattern(), func(w http.ResponseWriter, r *http.Request) { c.post(w, r, p) })
	}
}

// noPage answers for a path that is not a page's.
func (c *console) noPage(w http.ResponseWriter, r *http.Request) {
	v := c.visitOf(w, r, nil)
	if v == nil {
		return
	}
	v.write(refusal(http.StatusNotFound, "There is no such page", "Follow an entry of the navigation instead."))
}
