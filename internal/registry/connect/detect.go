package connect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/artifactkeeper"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/artifactory"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/flight"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// detectTimeout bounds a detection, whatever time its callers have.
const detectTimeout = time.Minute

// processWide remembers what was found at each URL for the life of the process.
var processWide = detector{types: map[string]registry.Type{}}

// detector finds out what a server is, once per URL. Only findings are kept, never failures.
type detector struct {
	flight flight.Group[registry.Type]
	mu     sync.Mutex
	types  map[string]registry.Type
}

// detect joins the detection under way or starts one, so that one cancelled resource does not fail the others that wait for
// the same answer.
func (d *detector) detect(ctx context.Context, c *transport.Client) (registry.Type, error) {
	url := c.BaseURL()
	if t := d.known(url); t != "" {
		return t, nil
	}
	// Clients of one URL can differ in how they reach it, so they share findings and not failures.
	found, _, err := d.flight.Do(ctx, fmt.Sprintf("%s %p", url, c), detectTimeout, func(ctx context.Context) (registry.Type, error) {
		if t := d.known(url); t != "" {
			return t, nil
		}
		t, err := probe(ctx, c)
		if err == nil {
			d.mu.Lock()
			d.types[url] = t
			d.mu.Unlock()
		}
		return t, err
	})
	if errors.Is(err, flight.ErrGaveUp) {
		return "", &registry.Error{
			Kind: registry.KindUnavailable, Op: opDetect, Object: "at " + url,
			Message: "cancelled before the server answered", Err: ctx.Err(),
		}
	}
	return found, err
}

func (d *detector) known(url string) registry.Type {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.types[url]
}

const opDetect = "detect the registry"

// A question is a request without a credential whose answer shows one type of registry.
type question struct {
	of   registry.Type
	path string
	yes  func(transport.Response) bool
}

// The first question for each type is enough for every server that answers it to strangers. The others are for servers
// behind something that does not let them through, and for an Artifactory that refuses anonymous pings.
var (
	keeperStatus    = question{registry.ArtifactKeeper, artifactkeeper.SetupStatusPath, artifactkeeper.Recognises}
	keeperChallenge = question{registry.ArtifactKeeper, artifactkeeper.ChallengePath, artifactkeeper.Recognises}
	artifactoryPing = question{registry.Artifactory, "/artifactory/api/system/ping", pongOrOwnWords}
	accessPing      = question{registry.Artifactory, "/access/api/v1/system/ping", pongOrOwnWords}
)

func pongOrOwnWords(a transport.Response) bool {
	pong := a.Status == http.StatusOK && !a.HTML() && strings.TrimSpace(string(a.Body)) == "OK"
	return pong || artifactory.Recognises(a)
}

// probe asks the questions until one is answered with yes.
func probe(ctx context.Context, c *transport.Client) (registry.Type, error) {
	questions := []question{keeperStatus, artifactoryPing, keeperChallenge, accessPing}
	if looksLikeArtifactorys(c.Credential()) {
		questions = []question{artifactoryPing, keeperStatus, accessPing, keeperChallenge}
	}
	var answers []string
	busy := false
	for _, q := range questions {
		a, err := c.Probe(ctx, transport.Request{
			Op: opDetect, Object: "at " + c.BaseURL(), Method: http.MethodGet, Path: q.path, Anonymous: true,
		})
		if err != nil {
			return "", err // no server at all; it would not answer the other questions either
		}
		if q.yes(a) {
			return q.of, nil
		}
		busy = busy || a.Status >= 500 || a.Status == http.StatusTooManyRequests
		answers = append(answers, describe(q, a))
	}
	e := &registry.Error{
		Kind: registry.KindWrongEndpoint, Op: opDetect, Object: "at " + c.BaseURL(),
		Message: "neither JFrog Artifactory nor Artifact Keeper answers there (" + strings.Join(answers, ", ") + ")",
		Hint: "Check `url`: it must be the registry's base address (without /ui or /artifactory). " +
			"If the address is right, set `type`",
	}
	if busy {
		e.Kind = registry.KindUnavailable
		e.Hint = "The server is not ready; try again later, or set `type` to do without detection"
	}
	return "", e
}

func describe(q question, a transport.Response) string {
	text := fmt.Sprintf("%s: HTTP %d", q.path, a.Status)
	if a.HTML() {
		text += " and an HTML page"
	}
	return text
}

// keeperToken is the shape of Artifact Keeper's API tokens (auth_service.rs).
var keeperToken = regexp.MustCompile(`^[0-9a-f]{8}_[0-9a-f]{32}$`)

// looksLikeArtifactorys guesses from the shape of the token which question to ask first; it saves a request and decides
// nothing. Artifactory's tokens are JSON web tokens, reference tokens (cmVmd…) or API keys (AKC…).
func looksLikeArtifactorys(cred transport.Credential) bool {
	token := cred.AccessToken.Reveal()
	if token == "" || keeperToken.MatchString(token) {
		return false
	}
	for _, prefix := range []string{"eyJ", "cmVmd", "AKC"} {
		if strings.HasPrefix(token, prefix) {
			return true
		}
	}
	return false
}
