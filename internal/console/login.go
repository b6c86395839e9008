package console

import (
	"net/http"
	"strings"

	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/console/piece"
)

// next is the parameter for where to go after the login.
const next = "next"

// askLogin sends somebody who is not logged in to the login, and from there back
// to the page. A form that was sent cannot be: it is answered with the way.
func (c *console) askLogin(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		c.refuse(w, r, http.StatusUnauthorized, "You are not logged in any more",
			"Nothing was changed. Log in in another tab, come back here, and send the form again: go back to it by your browser's button.")
		return
	}
	if wantsStream(r) {
		http.Error(w, "Log in first.", http.StatusUnauthorized)
		return
	}
	w.Header().Set("Location", linkFrom(r, loginPath, next, r.URL.RequestURI()))
	w.WriteHeader(http.StatusSeeOther)
}

// showLogin shows the login.
func (c *console) showLogin(w http.ResponseWriter, r *http.Request) {
	to := destination(r.URL.Query().Get(next))
	if api.CallerOf(r.Context()) != nil {
		w.Header().Set("Location", linkFrom(r, to))
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	c.writeLogin(w, r, http.StatusOK, to, "")
}

// logIn takes a key. Other sites' pages may not log anybody in.
func (c *console) logIn(w http.ResponseWriter, r *http.Request) {
	if err := c.core.CheckOrigin(r); err != nil {
		c.refuse(w, r, http.StatusForbidden, "This form was sent from another site's page", "You are not logged in.")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maximumLogin)
	if err := r.ParseForm(); err != nil {
		c.writeLogin(w, r, http.StatusBadRequest, "/", "The form cannot be read.")
		return
	}
	to := destination(r.PostForm.Get(next))
	if refused := c.core.LogIn(w, r, strings.TrimSpace(r.PostForm.Get("key"))); refused != nil {
		if after := refused.GetHeaders().Get("Retry-After"); after != "" {
			w.Header().Set("Retry-After", after)
		}
		c.writeLogin(w, r, refused.Status, to, refused.Detail)
		return
	}
	w.Header().Set("Location", linkFrom(r, to))
	w.WriteHeader(http.StatusSeeOther)
}

// maximumLogin bounds the login's form, in bytes.
const maximumLogin = 64 << 10

func (c *console) writeLogin(w http.ResponseWriter, r *http.Request, status int, to, wrong string) {
	form := piece.Form{ID: "login", Proof: "login", Hidden: []piece.Hidden{{Name: next, Value: to}},
		Groups: []piece.Group{{Fields: []piece.Field{{Name: "key", Label: "Your API key", Kind: piece.KindPassword, Required: true,
			Complete: "current-password", Error: wrong, Help: "One of LATCH_API_KEYS. You stay logged in for 12 hours."}}}},
		Buttons: []piece.Button{{Value: "login", Label: "Log in", Look: piece.LookFirst}}}
	shown := &view{Title: "Log in", Data: form, request: r}
	content, err := render("login", shown)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	shown.Content = content
	c.write(w, r, status, shown)
}

// destination returns where a login leads: a page of the console, never another
// site's address.
func destination(address string) string {
	path, _, _ := strings.Cut(address, "?")
	if strings.HasPrefix(path, rootPath) && !strings.ContainsAny(address, "\\\r\n") && !strings.Contains(path, "..") {
		return address
	}
	if strings.HasPrefix(address, "/?") {
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
	c.core.LogOut(w, r)
	w.Header().Set("Location", v.link(loginPath))
	w.WriteHeader(http.StatusSeeOther)
}
