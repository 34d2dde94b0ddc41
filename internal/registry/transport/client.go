package transport

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// Client sends requests to one registry. It is safe for concurrent use and never changes after New; With derives a
// client that shares connections, limits and settings.
type Client struct {
	rest    *resty.Client
	base    string
	cred    Credential
	headers http.Header
	// secrets are masked in every text, whatever the request.
	secrets []registry.Secret
	slots   chan struct{}
	timeout time.Duration
	retries int
	listed  int
	sleep   func(context.Context, time.Duration) error
	observe func(Attempt)
	dialect Dialect
}

// New checks the settings and builds a client. It makes no request.
func New(cfg Config) (*Client, error) {
	base, err := registry.NormalizeURL(cfg.BaseURL)
	if err != nil {
		return nil, configError("`url`", err.Error(), "Write the registry's base URL, such as https://registry.example.com")
	}
	cred, err := cfg.Credential.clean()
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(base, "http://") && !cred.Empty() && !cfg.AllowPlainHTTP {
		return nil, configError("`url`", "it is plain http, so everybody on the way could read the credential",
			"Use https. To accept the risk, set `allow_plain_http = true`.")
	}
	headers, err := cleanHeaders(cfg.Headers)
	if err != nil {
		return nil, err
	}
	connections := cfg.RoundTripper
	if connections == nil {
		if connections, err = newHTTPTransport(cfg); err != nil {
			return nil, err
		}
	}
	c := &Client{
		rest:    newResty(connections, cfg.UserAgent),
		base:    base,
		cred:    cred,
		headers: headers,
		secrets: configSecrets(cfg, cred, headers),
		slots:   make(chan struct{}, orDefault(cfg.MaxConcurrentRequests, DefaultMaxConcurrentRequests)),
		timeout: orDefault(cfg.RequestTimeout, DefaultRequestTimeout),
		retries: max(cfg.MaxRetries, 0),
		listed:  orDefault(cfg.MaxListed, registry.MaxListed),
		sleep:   cfg.Sleep,
		observe: cfg.Observe,
	}
	if c.sleep == nil {
		c.sleep = sleep
	}
	return c, nil
}

// newResty strips resty to one attempt per call: no cookies (Artifact Keeper's login would set a second credential), no
// redirects (a login page answers 200), no logger and no retries of its own (it repeats any POST by default and cuts
// Retry-After short).
func newResty(connections http.RoundTripper, userAgent string) *resty.Client {
	rest := resty.NewWithClient(&http.Client{Transport: connections}).
		SetLogger(silence{}).
		SetDisableWarn(true).
		SetRetryCount(0).
		SetDoNotParseResponse(true).
		SetRedirectPolicy(resty.RedirectPolicyFunc(func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}))
	if userAgent != "" {
		rest.SetHeader("User-Agent", userAgent)
	}
	return rest
}

func configSecrets(cfg Config, cred Credential, headers http.Header) []registry.Secret {
	secrets := []registry.Secret{cred.AccessToken, cred.Password, cred.Identity.Token}
	if cred.Username != "" {
		secrets = append(secrets, registry.NewSecret(cred.basic()))
	}
	for _, values := range headers {
		for _, v := range values {
			secrets = append(secrets, registry.NewSecret(v))
		}
	}
	if u, err := parseProxy(cfg.ProxyURL.Reveal()); err == nil && u.User != nil {
		if password, set := u.User.Password(); set {
			secrets = append(secrets, registry.NewSecret(password))
		}
	}
	return secrets
}

func orDefault[T int | time.Duration](value, fallback T) T {
	if value <= 0 {
		return fallback
	}
	return value
}

// Dialect is what a client must know about the registry it talks to.
type Dialect struct {
	// Problem reads an error answer. It reports false for what is not the registry's own way to say it, such as a
	// proxy's page; only what it recognises can mean that an object does not exist.
	Problem func(Response) (Problem, bool)
	// Authorizer supplies the credential; nil sends the configured one as it is (Bearer, or Basic).
	Authorizer Authorizer
	// Diagnose, when set, is asked for a hint when the answer does not look like this registry's.
	Diagnose func(context.Context) string
}

// Problem is an error answer in the registry's own words.
type Problem struct {
	Code, Message string
	// Missing is true when these words say that what the path names does not exist, and are about nothing else. A status
	// alone never means that.
	Missing bool
	// Kind replaces the kind that the status stands for; KindUnknown keeps it.
	Kind registry.Kind
	Hint string
}

// Authorizer supplies the value of the Authorization header, and a new one when the registry refused it.
type Authorizer interface {
	Authorization(ctx context.Context) (registry.Secret, error)
	// Renew is told which value was refused and reports whether a different one is there now.
	Renew(ctx context.Context, refused registry.Secret) (bool, error)
}

// With gives a client of the same connections that speaks a dialect.
func (c *Client) With(d Dialect) *Client {
	derived := *c
	derived.dialect = d
	return &derived
}

// CloseIdleConnections ends connections that nothing is using.
func (c *Client) CloseIdleConnections() { c.rest.GetClient().CloseIdleConnections() }

// BaseURL is the normalised base URL.
func (c *Client) BaseURL() string { return c.base }

// MaxListed is how many objects one list may bring.
func (c *Client) MaxListed() int { return c.listed }

// Credential is the configured credential, trimmed.
func (c *Client) Credential() Credential { return c.cred }

// Do sends a request and decodes the answer's JSON into out, a List by and by; a nil out ignores the body, but an HTML page is an error
// even then. When out has a method Complete() error it decides whether the answer holds what it must.
func (c *Client) Do(ctx context.Context, r Request, out any) error {
	p, err := c.prepare(r)
	if err != nil {
		return err
	}
	p.short = out == nil
	p.list, _ = out.(list)
	return c.doConfirmingNotFound(ctx, p, func(a Response) error { return c.decode(p, a, out) })
}

// DoText sends a request whose answer is plain text and returns it without surrounding blanks.
func (c *Client) DoText(ctx context.Context, r Request) (string, error) {
	p, err := c.prepare(r)
	if err != nil {
		return "", err
	}
	p.accept, p.short = "*/*", true
	var text string
	err = c.doConfirmingNotFound(ctx, p, func(a Response) error {
		text = strings.TrimSpace(string(a.Body))
		switch {
		case a.HTML():
			return c.errBadResponse(p, a, htmlMessage)
		case a.cut:
			return c.errBadResponse(p, a, "the answer is too large")
		case text == "":
			return c.errBadResponse(p, a, "the answer is empty")
		}
		return nil
	})
	return text, err
}

// Probe sends a request and returns the answer whatever its status; the error is about not having one.
func (c *Client) Probe(ctx context.Context, r Request) (Response, error) {
	p, err := c.prepare(r)
	if err != nil {
		return Response{}, err
	}
	p.accept, p.short = "*/*", true
	return c.doWithRetry(ctx, p)
}

// doConfirmingNotFound runs a request and hands its success to accept. That an object is missing is believed when it was said twice: on it
// an object is dropped from a state, made again or taken for nobody's.
func (c *Client) doConfirmingNotFound(ctx context.Context, p *prepared, accept func(Response) error) error {
	err := c.doOnce(ctx, p, accept)
	if registry.IsNotFound(err) && p.Class != Create {
		return c.doOnce(ctx, p, accept)
	}
	return err
}

func (c *Client) doOnce(ctx context.Context, p *prepared, accept func(Response) error) error {
	a, err := c.doWithRetry(ctx, p)
	if err != nil {
		return err
	}
	foreign := false
	if a.Status/100 == 2 {
		err = accept(a)
	} else {
		foreign, err = c.errFromStatus(p, a)
	}
	var e *registry.Error
	if errors.As(err, &e) && c.dialect.Diagnose != nil && (foreign || e.Kind == registry.KindWrongEndpoint) {
		if hint := c.dialect.Diagnose(ctx); hint != "" {
			e.Kind, e.Hint = registry.KindWrongEndpoint, hint
		}
	}
	return err
}

// silence is resty's logger: its lines hold URLs with queries and error texts we have not scrubbed.
type silence struct{}

func (silence) Errorf(string, ...any) {}
func (silence) Warnf(string, ...any)  {}
func (silence) Debugf(string, ...any) {}
