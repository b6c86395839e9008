package console

import (
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/locklink"
)

// A page is one page of the console. The package documentation says how to add
// one.
type page struct {
	// path is the page's path, a pattern of [http.ServeMux] without the method.
	path string
	// nav is the title of its entry in the navigation; "" for none.
	nav string
	// below is the path of the navigation entry that the page belongs to, if
	// its own path is not below that.
	below string
	// role is the least role that may see it.
	role api.Role
	// show makes the page.
	show func(*visit) (*answer, error)
	// actions are the actions of its forms, by the value of the button.
	actions map[string]action
	// again shows a rejected form again and does nothing else. If it is nil, or
	// its answer is, the page is made by show and the form filled in.
	again func(*visit) (*answer, error)
	// live is true if its parts are sent again as they change.
	live bool
	// unpictured is true if the documentation has no picture of it.
	unpictured bool
}

// An action is what a button does.
type action struct {
	// role is the least role that may do it. The button is not shown to callers
	// with a smaller one: see [visit.may].
	role api.Role
	do   func(*visit) (*answer, error)
}

// galleryPath is the path of the gallery of pieces, for authors of pages.
const galleryPath = rootPath + "gallery"

// pages lists all pages. Those in the navigation are in its order.
var pages []page

// The table is filled in init because pages link to each other through it.
func init() {
	pages = []page{
		{path: "/", nav: "Inbox", role: api.RoleRead, show: (*visit).inbox, live: true},
		{path: locklink.ReleasesPath, nav: "Releases", role: api.RoleRead, show: (*visit).releases, live: true},
		{path: locklink.ReleasesPath + "/{id}", role: api.RoleRead, show: (*visit).release, again: confirmAgain(releaseAsks...), live: true, actions: map[string]action{
			latch.MessageStop:     {api.RoleRun, (*visit).stopRelease},
			latch.MessageRollback: {api.RoleRun, (*visit).rollbackRelease},
			latch.MessageRetry:    {api.RoleRun, (*visit).retryStep},
			skipStepAction:        {api.RoleRun, (*visit).skipStep},
			latch.MessageSkip:     {api.RoleRun, skipHook(latch.ReleaseKind)}}},
		{path: startReleasePath, below: locklink.ReleasesPath, role: api.RoleRun, show: (*visit).newRelease, actions: map[string]action{
			"plan":  {api.RoleRun, (*visit).planRelease},
			"start": {api.RoleRun, (*visit).startRelease}}},
		{path: gatesPath, nav: "Gates", role: api.RoleRead, show: (*visit).gates, live: true},
		{path: gatesPath + "/{id}", role: api.RoleRead, show: (*visit).gate, again: confirmAgain(gateAsks...), live: true, actions: map[string]action{
			latch.MessageStop:     {api.RoleRun, (*visit).stopGate},
			latch.MessageRollback: {api.RoleRun, (*visit).rollbackGate},
			latch.MessageSkip:     {api.RoleRun, skipHook(latch.GateKind)}}},
		{path: jobsPath, nav: "Jobs", role: api.RoleRead, show: (*visit).jobs},
		{path: jobsPath + "/{id}", role: api.RoleRead, show: (*visit).job, again: confirmAgain(jobDelete), live: true, actions: map[string]action{
			jobStart:     {api.RoleRun, (*visit).startJob},
			jobStop:      {api.RoleRun, (*visit).stopJob},
			jobPause:     {api.RoleAdmin, (*visit).pauseJob},
			jobResume:    {api.RoleAdmin, (*visit).resumeJob},
			jobAddTag:    {api.RoleAdmin, (*visit).addTag},
			jobRemoveTag: {api.RoleAdmin, (*visit).removeTag},
			jobDelete:    {api.RoleAdmin, (*visit).deleteJob}}},
		{path: deliveriesPath, nav: "Deliveries", role: api.RoleRead, show: (*visit).deliveries, actions: map[string]action{
			"count": {api.RoleRun, (*visit).countFailed},
			"send":  {api.RoleRun, (*visit).redeliverCounted}}},
		{path: againPath, role: api.RoleRun, show: (*visit).redeliveries, live: true, unpictured: true},
		{path: queuePath, role: api.RoleRead, show: (*visit).queue, live: true, unpictured: true},
		{path: statisticsPath, role: api.RoleRead, show: (*visit).deliveryStatistics, unpictured: true},
		{path: deliveriesPath + "/{id}", role: api.RoleRead, show: (*visit).delivery, live: true, actions: map[string]action{
			"again": {api.RoleRun, (*visit).redeliver}}},
		{path: webhooksPath, nav: "Webhooks", role: api.RoleRead, show: (*visit).webhooks, actions: map[string]action{
			"enable": {api.RoleAdmin, enableWebhook(true)}, "disable": {api.RoleAdmin, enableWebhook(false)}}},
		{path: newWebhookPath, below: webhooksPath, role: api.RoleAdmin, show: (*visit).newHook, actions: hookActions, again: (*visit).hookAgain},
		{path: webhooksPath + "/{webhook}", role: api.RoleRead, show: (*visit).hook, actions: registeredActions(), again: (*visit).hookAgain},
		{path: rootPath + "jobs/{id}/webhooks/new", role: api.RoleAdmin, show: (*visit).newHook, actions: hookActions, again: (*visit).hookAgain},
		{path: rootPath + "jobs/{id}/webhooks/{webhook}", role: api.RoleRead, show: (*visit).hook, actions: hookActions, again: (*visit).hookAgain},
		{path: watchesPath, nav: "Watches", role: api.RoleRead, show: (*visit).watches},
		{path: watchesPath + "/{id}", role: api.RoleRead, show: (*visit).watch, again: confirmAgain(watchDelete), actions: map[string]action{
			watchDelete: {api.RoleAdmin, (*visit).deleteWatch}}},
		{path: freezesPath, nav: "Freezes", role: api.RoleRead, show: (*visit).freezes},
		{path: auditPath, nav: "Audit", role: api.RoleAdmin, show: (*visit).audit},
		{path: galleryPath, role: api.RoleAdmin, show: (*visit).gallery, unpictured: true, actions: map[string]action{
			"refuse": {api.RoleAdmin, (*visit).galleryRefuse}, "confirm": {api.RoleAdmin, (*visit).galleryConfirm}}},
	}
}

// within returns the aria-current value of a navigation entry: "page" if the
// page is that entry, "true" if it is below it, otherwise "".
func (p *page) within(entry *page) string {
	switch {
	case p == nil:
		return ""
	case p == entry:
		return "page"
	case entry.path != "/" && strings.HasPrefix(p.path, entry.path+"/"), p.below == entry.path:
		return "true"
	default:
		return ""
	}
}

// pattern is the page's path for the mux: "/" matches only that page.
func (p *page) pattern() string {
	if strings.HasSuffix(p.path, "/") {
		return p.path + "{$}"
	}
	return p.path
}

// A Picture is a picture of a page in the documentation.
type Picture struct {
	// Name begins the names of its files; Title is what a reader calls the
	// page.
	Name, Title string
}

// Pictured returns the pages that the documentation has pictures of: all that
// an operator opens.
func Pictured() []Picture {
	pictured := []Picture{{PictureName(loginPath), "Log in"}}
	for i := range pages {
		if p := &pages[i]; !p.unpictured {
			name := PictureName(p.path)
			title := p.nav
			if title == "" {
				title = strings.ToUpper(name[:1]) + strings.ReplaceAll(name[1:], "-", " ")
			}
			pictured = append(pictured, Picture{name, title})
		}
	}
	return pictured
}

// PictureName converts a page's path to a file name.
func PictureName(path string) string {
	if path == "/" {
		return "inbox"
	}
	path = strings.TrimPrefix(strings.TrimPrefix(path, rootPath), "/")
	return strings.NewReplacer("/", "-", "{", "", "}", "", "...", "").Replace(path)
}

// Paths returns the paths of all pages, for tests that open each.
func Paths() []string {
	paths := []string{loginPath}
	for i := range pages {
		paths = append(paths, pages[i].path)
	}
	return paths
}
