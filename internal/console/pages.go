package console

import (
	"strings"

	"github.com/latch-run/latch/internal/api"
)

// A page is a page of the console; see the package's doc for what follows from it.
type page struct {
	// path is the page's, as [http.ServeMux] has it without the method.
	path string
	// nav is its entry in the navigation; "" for none.
	nav string
	// role is the least one that may see it.
	role api.Role
	// show makes it.
	show func(*visit) (*answer, error)
	// actions are what its forms do, by the value of the button.
	actions map[string]action
	// live has its parts sent again as they change.
	live bool
}

// An action is what a button does.
type action struct {
	// role is the least one that may do it. Whoever has a smaller one is not
	// offered it either: see [visit.may].
	role api.Role
	do   func(*visit) (*answer, error)
}

// pages are all pages, those of the navigation in its order.
var pages []page

// The table is filled here, since pages link to each other through it.
func init() {
	pages = []page{
		{path: "/", nav: "Inbox", role: api.RoleRead, show: (*visit).inbox, live: true},
		{path: "/console/gallery", role: api.RoleAdmin, show: (*visit).gallery, actions: map[string]action{
			"refuse": {api.RoleAdmin, (*visit).galleryRefuse}, "confirm": {api.RoleAdmin, (*visit).galleryConfirm}}},
	}
}

// pattern is the page's path as the mux has it: "/" is that page alone.
func (p *page) pattern() string {
	if strings.HasSuffix(p.path, "/") {
		return p.path + "{$}"
	}
	return p.path
}

// Paths returns the paths of all pages, for the tests that open each.
func Paths() []string {
	paths := []string{loginPath}
	for i := range pages {
		paths = append(paths, pages[i].path)
	}
	return paths
}
