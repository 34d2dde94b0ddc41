package artifactory_test

import (
	"encoding/json"
	"net/http"
	"testing"
)

func TestDocker(t *testing.T) {
	t.Parallel()
	w := start(t)
	const api = "/artifactory/api/docker/docker-private/v2"
	for _, root := range []string{"/v2", api} {
		a := w.send(t, "", "GET", root+"/", nil).want(http.StatusUnauthorized).holds(`"code":"UNAUTHORIZED"`)
		host := w.URL[len("https://"):]
		if got, want := a.header.Get("WWW-Authenticate"), `Bearer realm="`+w.URL+root+`/token",service="`+host+`"`; got != want {
			t.Errorf("challenge %s, want %s", got, want)
		}
		w.send(t, "", "GET", root+"/token", nil).want(http.StatusUnauthorized)
		var token struct {
			Token     string `json:"token"`
			ExpiresIn int    `json:"expires_in"`
		}
		body := w.send(t, basic("admin", w.AdminToken), "GET", root+"/token?service=x&scope=y", nil).want(http.StatusOK).body
		if err := json.Unmarshal([]byte(body), &token); err != nil || token.ExpiresIn != 3600 {
			t.Fatalf("%v: %s", err, body)
		}
		w.send(t, bearer(token.Token), "GET", root+"/", nil).want(http.StatusOK)
		images := root
		if root == "/v2" {
			images += "/docker-private"
		}
		manifest := images + "/acme/hello/manifests/1.0.0"
		w.send(t, bearer(token.Token), "GET", manifest, nil).want(http.StatusOK).holds("schemaVersion")
		w.send(t, bearer(w.AdminToken), "GET", manifest, nil).want(http.StatusOK)
		w.send(t, "", "GET", manifest, nil).want(http.StatusUnauthorized)
		w.send(t, basic("alice", "Alice-Passw0rd"), "GET", manifest, nil).want(http.StatusForbidden).holds(`"code":"DENIED"`)
		upload := w.send(t, bearer(token.Token), "POST", images+"/acme/new/blobs/uploads/", nil).want(http.StatusAccepted)
		if location, want := upload.header.Get("Location"), w.URL+images+"/acme/new/blobs/uploads/"; len(location) <= len(want) || location[:len(want)] != want {
			t.Errorf("upload goes on at %s, want below %s", location, want)
		}
	}
	w.admin(t, "GET", "/v2/npm-private/x/manifests/1", nil).want(http.StatusNotFound).holds("NAME_UNKNOWN")
	w.admin(t, "GET", "/v2/_catalog", nil).want(http.StatusNotImplemented)
}
