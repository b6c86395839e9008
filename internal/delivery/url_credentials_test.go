package delivery

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/rawjson"
)

// Contract, Records: a credential in a URL appears in no record and no error, for a webhook, an
// http task and a token endpoint. It is sent unchanged.
func TestURLCredentialsAreHidden(t *testing.T) {
	t.Parallel()
	const key = "K3Y-0123456789abcdef"
	receiver := newReceiver(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_ = json.NewEncoder(w).Encode(map[string]string{"uri": r.RequestURI, "result": "fail"})
	})
	sender := local(t, map[string]string{"client": "client-value"})
	r := request(receiver.URL + "/:actions?a=1&API_KEY=${vars.key}&b=2")
	r.Variables = expr.Variables{"vars": rawjson.Encode(map[string]string{"key": key})}
	attempt, err := sender.Send(t.Context(), r, 1)
	require.Error(t, err)
	require.Equal(t, "/:actions?a=1&API_KEY="+key+"&b=2", receiver.last(t).RequestURI)
	require.Equal(t, receiver.URL+"/:actions?a=1&API_KEY=***&b=2", attempt.Request.URL)
	require.JSONEq(t, `"/:actions?a=1&API_KEY=***&b=2"`, string(attempt.Data["uri"]))
	response, taskErr := sender.Do(t.Context(), TaskRequest{Task: latch.HTTPTask{URL: receiver.URL + "/task?access_token=" + key}})
	require.ErrorContains(t, taskErr, "/task?access_token=***: answered 418")
	r.Webhook.Auth = &latch.Auth{OAuth2: &latch.OAuth2{TokenURL: receiver.URL + "/token?code=" + key, ClientID: "a", ClientSecret: "client"}}
	r.Webhook.URL = receiver.URL
	_, tokenErr := sender.Send(t.Context(), r, 1)
	require.ErrorContains(t, tokenErr, "/token?code=***: answered 418")
	r.Webhook.URL = "http://127.0.0.1:1/?sig=${vars.key}&x=${vars.missing}"
	_, renderErr := sender.Send(t.Context(), r, 1)
	require.ErrorContains(t, renderErr, "could not be rendered")
	r.Webhook.Auth, r.Webhook.URL = nil, "http://127.0.0.1:1/?sig="+key
	unreached, dialErr := sender.Send(t.Context(), r, 1)
	require.ErrorContains(t, dialErr, "/?sig=***: ")
	for _, told := range []any{attempt.Request, attempt.Response, attempt.Data, err.Error(), response, taskErr.Error(),
		tokenErr.Error(), renderErr.Error(), unreached.Request, dialErr.Error()} {
		require.NotContains(t, string(rawjson.Encode(told)), key)
	}
}

// A name that only resembles that of a credential hides nothing in an answer.
func TestShortURLCredentialsHideNoAnswer(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, answering(200, `{"result":"pass","key":"shop-4.2","code":200}`, nil))
	attempt, err := local(t, nil).Send(t.Context(), request(receiver.URL+"/?key=shop-4.2&code=200"), 1)
	require.NoError(t, err)
	require.Equal(t, receiver.URL+"/?key=***&code=***", attempt.Request.URL)
	require.JSONEq(t, `{"result":"pass","key":"shop-4.2","code":200}`, attempt.Response.Body)
}

// A request that is shown before it is sent has no credential in its first line either, unless
// secrets are to be shown.
func TestWireHidesURLCredentials(t *testing.T) {
	t.Parallel()
	prepared, _, err := local(t, nil).Prepare(request("http://127.0.0.1:1/x?api_key=short&a=1"), 1)
	require.NoError(t, err)
	wire, err := prepared.Wire(false)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(wire), "POST /x?api_key=***&a=1 HTTP/1.1\r\nHost: "), string(wire))
	wire, err = prepared.Wire(true)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(wire), "POST /x?api_key=short&a=1 HTTP/1.1\r\nHost: "), string(wire))
}
