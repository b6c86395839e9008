package e2e

import (
	"encoding/pem"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/issuer/issuertest"
	"github.com/latch-run/latch/testsuite/browser"
)

// serveForPersons starts an API that trusts the issuer, and lets its persons log in.
func (b *bench) serveForPersons(from *issuertest.Issuer, roles string) *served {
	b.Helper()
	trusted := filepath.Join(b.TempDir(), "issuer.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: from.Certificate().Raw})
	require.NoError(b, os.WriteFile(trusted, certificate, 0o600))
	address := freeAddress(b.T)
	return b.serve("LATCH_API_ADDR", address, "LATCH_API_URL", "http://"+address, "LATCH_API_KEYS", apiKeys, "LATCH_LINK_KEY", linkKey,
		"LATCH_OIDC_ISSUER", from.URL, "LATCH_OIDC_CLIENT_ID", issuertest.ClientID, "LATCH_OIDC_CLIENT_SECRET", issuertest.Secret,
		"LATCH_OIDC_ROLES", roles, "SSL_CERT_FILE", trusted)
}

// Contract, "Persons": a person opens the console, logs in at the issuer, finds the lock that waits
// for their group under "Yours", and votes. Once they have logged out, here and at the issuer, the
// browser is logged out, and a copy of its cookie counts no longer.
func TestLoginInABrowser(t *testing.T) {
	t.Parallel()
	from := issuertest.New(t)
	from.EndSessions()
	b := setup(t, "LATCH_LINK_KEY", linkKey)
	s := b.serveForPersons(from, "sre=lock")
	id := "login-" + b.queue
	release := strings.Replace(heldRelease(id), `"blocking":true`, `"blocking":true,"approvals":[{"groups":["sre"]}]`, 1)
	var started struct {
		WorkflowID string `json:"workflow_id"`
	}
	s.as("run-key-0123456789", "POST", "/latch/v1/releases", release).read(t, 201, &started)
	s.token(started.WorkflowID)

	page := browser.Open(t, browser.Desktop)
	page.TrustAll()
	require.EqualValues(t, 200, page.Visit(s.url+"/?release="+url.QueryEscape(id)))
	require.Contains(t, page.Text(), "Log in to Latch")
	require.EqualValues(t, 200, page.Follow("Log in with "+strings.TrimPrefix(from.URL, "https://")))
	page.Await("ann@example.com")
	require.Equal(t, s.url+"/?release="+url.QueryEscape(id), page.Address(), "back at the page that was opened")
	page.Await("Yours")
	cookie := page.Cookie("latch-session")
	require.NotEmpty(t, cookie)
	require.EqualValues(t, 200, page.Follow("board"))
	require.EqualValues(t, 200, page.Press("Approve"))
	page.Await("ann@example.com approved")
	voted := record(t, b.history(started.WorkflowID), "board", latch.EventBeforeRelease).Approvals[0]
	require.Equal(t, []any{"ann@example.com", latch.IdentifiedByOIDC, latch.ViaPage, []string{"sre"}},
		[]any{voted.By, voted.IdentifiedBy, voted.Via, voted.Groups})

	seen := func(cookie string) string {
		request, err := http.NewRequestWithContext(b.ctx, http.MethodGet, s.url+"/", http.NoBody)
		require.NoError(t, err)
		return s.send(request, "Accept", "text/html", "Cookie", "latch-session="+cookie).body
	}
	require.Contains(t, seen(cookie), "ann@example.com")
	require.EqualValues(t, 200, page.Visit(s.url+"/"))
	require.EqualValues(t, 200, page.Press("Log out"))
	for ticker := time.Tick(tick); ; <-ticker { // the page goes on to the issuer, which sends the browser back
		if slices.ContainsFunc(page.Requests(), func(address string) bool { return strings.HasPrefix(address, from.URL+"/logout?") }) {
			break
		}
		require.NoError(t, b.ctx.Err(), "the browser was not sent to the issuer")
	}
	page.Await("Log in to Latch") // where the issuer sends it back to
	require.EqualValues(t, 200, page.Visit(s.url+"/"))
	page.Await("Log in to Latch")
	require.Empty(t, page.Cookie("latch-session"))
	require.Contains(t, seen(cookie), "Log in to Latch", "a copy of the cookie")

	var told []string
	for _, entry := range s.audit("by=ann@example.com") {
		told = append(told, entry.Action+" "+entry.Outcome+" "+entry.Via+" "+entry.IdentifiedBy)
	}
	require.Equal(t, []string{"logout done console oidc", "lock.release done page oidc", "login done console oidc"}, told)
}
