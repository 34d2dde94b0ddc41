package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/registry-identity/terraform-provider-registry/internal/coderplay"
)

const (
	clientID     = "coder"
	clientSecret = "e2e-integration-secret"
	// tokenLifetime is so short that a token ends many times while a workspace runs.
	tokenLifetime = 2 * time.Minute
)

// standIn plays the part of Coder's server that a workspace asks for tokens: it keeps one link per user, refreshes a token
// when it is over, and never gives out the refresh token. Like Coder it is built on golang.org/x/oauth2, whose tokens count
// as over ten seconds before they are.
type standIn struct {
	url    string
	server *http.Server
	client *http.Client
	// ahead is how far the registry's clock is ahead of ours.
	ahead func() time.Duration

	mu     sync.Mutex
	config oauth2.Config
	links  map[string]*oauth2.Token
	// owner is whose workspace asks; a claim changes it.
	owner string
	// handedOut is every secret there ever was, for the search after a stop.
	handedOut []string
	refreshes int
}

func newStandIn(ctx context.Context, registry *coderplay.Registry, ahead func() time.Duration) (*standIn, error) {
	var listen net.ListenConfig
	l, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &standIn{url: "http://" + l.Addr().String(), client: registry.Client(), ahead: ahead, links: map[string]*oauth2.Token{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v2/workspaceagents/me/external-auth", c.externalAuth)
	c.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = c.server.Serve(l) }()
	return c, nil
}

func (c *standIn) close() { _ = c.server.Close() }

// configure takes the settings as the module coder-external-auth wrote them, and registers the integration at the registry.
func (c *standIn) configure(ctx context.Context, s *stage) error {
	root := s.cli.Root(filepath.Join(s.work, "external-auth")).With(map[string]string{"TF_VAR_coder_url": c.url, "TF_VAR_registry_url": s.registry.URL})
	for from, to := range map[string]string{"internal/cmd/e2e/testdata/external-auth": root.Dir, "modules/coder-external-auth": filepath.Join(root.Dir, "modules/coder-external-auth")} {
		if err := coderplay.CopyTree(from, to); err != nil {
			return err
		}
	}
	if err := root.Init(ctx); err != nil {
		return err
	}
	if err := root.Apply(ctx); err != nil {
		return err
	}
	r, err := root.Run(ctx, "output", "-json")
	if err != nil {
		return err
	}
	var outputs struct {
		Environment struct {
			Value map[string]string `json:"value"`
		} `json:"environment"`
		Callback struct {
			Value string `json:"value"`
		} `json:"callback"`
	}
	if err := json.Unmarshal([]byte(r.Stdout), &outputs); err != nil {
		return err
	}
	setting := func(name string) string { return outputs.Environment.Value["CODER_EXTERNAL_AUTH_0_"+name] }
	c.config = oauth2.Config{
		ClientID: setting("CLIENT_ID"), ClientSecret: clientSecret, RedirectURL: outputs.Callback.Value,
		// What Coder fills in for the type jfrog.
		Scopes:   []string{"applied-permissions/user"},
		Endpoint: oauth2.Endpoint{AuthURL: setting("AUTH_URL"), TokenURL: setting("TOKEN_URL")},
	}
	return s.registry.SetIntegration(ctx, clientID, clientSecret, outputs.Callback.Value, tokenLifetime)
}

// link does what a person does in the browser: sign in at the registry, agree, and come back with a code.
func (c *standIn) link(ctx context.Context, coderUser, registryUser, password string) error {
	form := url.Values{"username": {registryUser}, "password": {password}, "consent": {"allow"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.config.AuthCodeURL("state"), strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	browser := *c.client
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := browser.Do(req)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	back, err := res.Location()
	if err != nil || !strings.HasPrefix(back.String(), c.config.RedirectURL) {
		return fmt.Errorf("the authorization page answered %s and no way back to %s", res.Status, c.config.RedirectURL)
	}
	// Coder sends the secret of an integration of type jfrog as a bearer, at this one request.
	exchanging := *c.client
	exchanging.Transport = bearer{c.client.Transport}
	token, err := c.config.Exchange(context.WithValue(ctx, oauth2.HTTPClient, &exchanging), back.Query().Get("code"))
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep(coderUser, token)
	return nil
}

type bearer struct{ http.RoundTripper }

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+clientSecret)
	return b.RoundTripper.RoundTrip(r)
}

// keep notes a token. Its end is by our clock plus what the registry's is ahead.
func (c *standIn) keep(user string, token *oauth2.Token) {
	token.Expiry = token.Expiry.Add(c.ahead())
	c.links[user] = token
	c.handedOut = append(c.handedOut, token.AccessToken, token.RefreshToken)
}

// fresh gives a user's token, a new one if the old one is over, and nil if there is no link or it is broken.
func (c *standIn) fresh(ctx context.Context, user string) (*oauth2.Token, error) {
	token := c.links[user]
	if token == nil || time.Now().Add(c.ahead()).Add(10*time.Second).Before(token.Expiry) {
		return token, nil
	}
	next, err := c.config.TokenSource(context.WithValue(ctx, oauth2.HTTPClient, c.client), &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.ErrorCode == "invalid_grant" {
		delete(c.links, user)
		return nil, nil //nolint:nilnil // no link
	}
	if err != nil {
		return nil, err
	}
	c.refreshes++
	c.keep(user, next)
	return next, nil
}

func (c *standIn) externalAuth(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.Header.Get("Coder-Session-Token") != coderplay.AgentToken:
		http.Error(w, `{"message":"Workspace agent not authorized."}`, http.StatusUnauthorized)
		return
	case r.URL.Query().Get("id") != "jfrog":
		http.Error(w, `{"message":"No matching external auth provider found in Coder config."}`, http.StatusNotFound)
		return
	}
	token, err := c.fresh(r.Context(), c.owner)
	if err != nil {
		http.Error(w, `{"message":"Failed to refresh external auth token."}`, http.StatusInternalServerError)
		return
	}
	answer := map[string]any{"type": "jfrog"}
	if token == nil {
		answer["url"] = c.url + "/external-auth/jfrog"
	} else {
		answer["access_token"], answer["expires_at"] = token.AccessToken, token.Expiry.UTC().Format(time.RFC3339)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// workspaceOf says whose workspace asks from now on.
func (c *standIn) workspaceOf(owner coderplay.Owner) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.owner = owner.Name
}

func (c *standIn) secrets() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.handedOut...)
}

func (c *standIn) refreshed() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refreshes
}
