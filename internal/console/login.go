package console

import (
	"net/http"
	"strings"

	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/console/piece"
)

// next is the query parameter for the page to show after the login.
const next = "next"

// askLogin redirects a visitor who is not logged in to the login, and from
// there back to the page. It answers a posted form with the login page, which
// carries what was typed.
func (c *console) askLogin(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		c.keepForLogin(w, r)
		return
	}
	if wantsStream(r) {
		http.Error(w, "Log in first.", http.StatusUnauthorized)
		return
	}
	w.Header().Set("Location", linkFrom(r, loginPath, next, r.URL.RequestURI()))
	w.WriteHeader(http.StatusSeeOther)
}

// keepForLogin answers a form posted by a visitor whose session has ended.
func (c *console) keepForLogin(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maximumForm)
	carried := ""
	if r.URL.Path != logoutPath && c.core.TakesKeys() && r.ParseForm() == nil {
		carried = keep(r.PostForm)
	}
	word := piece.Notice{Tone: "bad", Title: "You are no longer logged in", Text: "Nothing was changed. Log in, and the form stands there again as you left it."}
	switch {
	case carried != "" && c.core.LogsInAt() != "":
		word.Text = "Nothing was changed. Log in with a key, and the form stands there again as you left it; " +
			"or log in at the issuer in another tab, come back here, and send the form again: go back to it by your browser's button."
	case carried == "":
		word.Text = "Nothing was changed. Log in in another tab, come back here, and send the form again: go back to it by your browser's button."
	}
	c.writeLogin(w, r, http.StatusUnauthorized, login{to: destination(r.URL.RequestURI()), kept: carried, word: &word})
}

// A login is the data of the login page.
type login struct {
	// to is the page to show after the login, wrong what is wrong with the key,
	// and kept the form to resume there.
	to, wrong, kept string
	// word says why a login is needed; nil if that is obvious.
	word *piece.Notice
}

// showLogin shows the login page.
func (c *console) showLogin(w http.ResponseWriter, r *http.Request) {
	to := destination(r.URL.Query().Get(next))
	if api.CallerOf(r.Context()) != nil {
		w.Header().Set("Location", linkFrom(r, to))
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	c.writeLogin(w, r, http.StatusOK, login{to: to})
}

// logIn checks a key and starts a session. It rejects requests from other
// sites' pages.
func (c *console) logIn(w http.ResponseWriter, r *http.Request) {
	if err := c.core.CheckOrigin(r); err != nil {
		c.refuse(w, r, http.StatusForbidden, "This form was sent from another site's page", "You are not logged in.")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maximumLogin)
	if err := r.ParseForm(); err != nil {
		c.writeLogin(w, r, http.StatusBadRequest, login{to: "/", wrong: "The form cannot be read."})
		return
	}
	to, carried := destination(r.PostForm.Get(next)), r.PostForm.Get(keptField)
	if refused := c.core.LogIn(w, r, strings.TrimSpace(r.PostForm.Get("key"))); refused != nil {
		if after := refused.GetHeaders().Get("Retry-After"); after != "" {
			w.Header().Set("Retry-After", after)
		}
		c.writeLogin(w, r, refused.Status, login{to: to, wrong: refused.Detail, kept: carried})
		return
	}
	w.Header().Set("Location", linkFrom(r, to))
	if carried != "" {
		w.WriteHeader(http.StatusTemporaryRedirect) // the browser posts the form again, to the page
		return
	}
	w.WriteHeader(http.StatusSeeOther)
}

// maximumLogin bounds the login form, in bytes.
const maximumLogin = maximumKept + 64<<10

func (c *console) writeLogin(w http.ResponseWriter, r *http.Request, status int, l login) {
	shown := &view{Title: "Log in", Word: l.word, request: r, Data: c.loginView(r, l)}
	content, err := render("login", shown)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	shown.Content = content
	c.write(w, r, status, shown)
}

// A loginView is what the login page shows: a form for a key, a link to the
// issuer, or both.
type loginView struct {
	Form *piece.Form
	// Issuer is where the link leads, and Begin its address.
	Issuer, Begin string
	// Wrong is what is wrong if there is no form to show it at.
	Wrong string
}

func (c *console) loginView(r *http.Request, l login) *loginView {
	shown := &loginView{Issuer: c.core.LogsInAt()}
	if shown.Issuer != "" {
		shown.Begin = linkFrom(r, beginPath, next, l.to)
	}
	if !c.core.TakesKeys() && c.core.HasKeys() {
		shown.Wrong = l.wrong
		return shown
	}
	form := piece.Form{ID: "login", Action: linkFrom(r, loginPath), Proof: "login", Hidden: []piece.Hidden{{Name: next, Value: l.to}},
		Groups: []piece.Group{{Fields: []piece.Field{{Name: "key", Label: "Your API key", Kind: piece.KindPassword, Required: true,
			Complete: "current-password", Error: l.wrong, Help: "One of LATCH_API_KEYS. You stay logged in for 12 hours."}}}},
		Buttons: []piece.Button{{Value: "login", Label: "Log in", Look: piece.LookFirst}}}
	if l.kept != "" {
		form.Hidden = append(form.Hidden, piece.Hidden{Name: keptField, Value: l.kept})
	}
	shown.Form = &form
	return shown
}

// beginLogin sends the browser to the issuer.
func (c *console) beginLogin(w http.ResponseWriter, r *http.Request) {
	to := destination(r.URL.Query().Get(next))
	address, refused := c.core.BeginLogin(w, r, to)
	if refused != nil {
		c.refuseLogin(w, r, to, refused)
		return
	}
	w.Header().Set("Location", address)
	w.WriteHeader(http.StatusSeeOther)
}

// finishLogin takes the issuer's answer.
func (c *console) finishLogin(w http.ResponseWriter, r *http.Request) {
	to, refused := c.core.FinishLogin(w, r)
	if to = destination(to); refused != nil {
		c.refuseLogin(w, r, to, refused)
		return
	}
	w.Header().Set("Location", linkFrom(r, to))
	w.WriteHeader(http.StatusSeeOther)
}

// refuseLogin shows the login page again, with why nobody was logged in.
func (c *console) refuseLogin(w http.ResponseWriter, r *http.Request, to string, refused *api.Problem) {
	if after := refused.GetHeaders().Get("Retry-After"); after != "" {
		w.Header().Set("Retry-After", after)
	}
	c.writeLogin(w, r, refused.Status, login{to: to, word: &piece.Notice{Tone: "bad", Title: "You are not logged in", Text: refused.Detail}})
}

// locksPath is the path below which the locks' pages are.
const locksPath = "/locks/"

// destination returns the page to show after a login: always a page of the
// console, never another site's address.
func destination(address string) string {
	path, _, _ := strings.Cut(address, "?")
	if strings.HasPrefix(path, rootPath) && !strings.ContainsAny(address, "\\\r\n") && !strings.Contains(path, "..") {
		return address
	}
	isLock := strings.HasPrefix(path, locksPath) && len(path) > len(locksPath)
	if isLock && !strings.ContainsAny(address, "\\\r\n") && !strings.Contains(path, "..") || strings.HasPrefix(address, "/?") {
		return address
	}
	return "/"
}

// logOut ends a session.
func (c *console) logOut(w http.ResponseWriter, r *http.Request) {
	v := c.visitOf(w, r, nil)
	if v == nil {
		return
	}
	err := r.ParseForm()
	if v.sent = r.PostForm; err != nil || c.core.CheckOrigin(r) != nil || !v.isOurs() {
		v.write(refusal(http.StatusForbidden, "This form is too old, or was not shown to you", "You are still logged in."))
		return
	}
	if atIssuer := c.core.LogOut(w, r); atIssuer != "" {
		// A form's own redirect may not leave this server (form-action), so the page goes on.
		w.Header().Set("Refresh", "0; url="+atIssuer)
		c.writeLogin(w, r, http.StatusOK, login{to: "/", word: &piece.Notice{Title: "You are logged out of Latch",
			Text: "Your browser goes on to " + c.core.LogsInAt() + ", to log you out there too."}})
		return
	}
	w.Header().Set("Location", v.link(loginPath))
	w.WriteHeader(http.StatusSeeOther)
}
