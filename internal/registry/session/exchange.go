package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// Exchange is how a dialect exchanges a token of an outside issuer (RFC 8693 in spirit) for one of its own.
type Exchange struct {
	Client *transport.Client
	// Dialect reads the answers. Its Authorizer is replaced.
	Dialect transport.Dialect
	// Path takes the exchange by POST; Body is what it is sent.
	Path string
	Body func(token registry.Secret) map[string]string
	// InHeader says that the outside token travels as the request's credential.
	InHeader bool
	// Explain gives what the dialect knows about a refusal in the registry's own words, or nothing; it may be nil.
	Explain func(*registry.Error) (hint string)
	// Missing is what to do about a server that has no exchange.
	Missing string
}

// New gives a session that signs in by exchange.
func (e Exchange) New() *Session { return New(e.object(), e.signIn) }

func (e Exchange) object() string {
	return fmt.Sprintf("by the OIDC provider %q", e.Client.Credential().Identity.Provider)
}

// grantJSON is what both registries answer, among more.
type grantJSON struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int64  `json:"expires_in"` // seconds
}

// Complete implements the transport's check of answers.
func (g *grantJSON) Complete() error {
	if g.AccessToken == "" {
		return errors.New("it has no access_token")
	}
	return nil
}

// once is the Authorization of one request.
type once struct{ value registry.Secret }

func (o once) Authorization(context.Context) (registry.Secret, error)         { return o.value, nil }
func (o once) Renew(context.Context, registry.Secret) (renewed bool, _ error) { return false, nil }

func (e Exchange) signIn(ctx context.Context) (Grant, error) {
	token, err := e.Client.Credential().Identity.Read()
	if err != nil {
		return Grant{}, err
	}
	dialect, elsewhere := e.Dialect, false
	dialect.Authorizer = nil
	if e.InHeader {
		dialect.Authorizer = once{registry.NewSecret("Bearer " + token.Reveal())}
	}
	if e.Dialect.Diagnose != nil {
		dialect.Diagnose = func(ctx context.Context) string {
			hint := e.Dialect.Diagnose(ctx)
			elsewhere = hint != ""
			return hint
		}
	}
	var answer grantJSON
	err = e.Client.With(dialect).Do(ctx, transport.Request{
		Op: "sign in", Object: e.object(), Method: http.MethodPost, Path: e.Path,
		// A second exchange gives a second token that ends by itself, and changes nothing else.
		Class: transport.Idempotent, Anonymous: !e.InHeader,
		Body: e.Body(token), Secrets: []registry.Secret{token},
	}, &answer)
	var refusal *registry.Error
	if errors.As(err, &refusal) && !elsewhere {
		e.explain(refusal, token)
	}
	if err != nil {
		return Grant{}, err
	}
	return Grant{registry.NewSecret(answer.AccessToken), time.Duration(answer.ExpiresIn) * time.Second}, nil
}

// explain says what about the token or the server made an exchange fail.
func (e Exchange) explain(refusal *registry.Error, token registry.Secret) {
	if refusal.Kind == registry.KindUncertain {
		// Whoever waits for the sign-in has sent nothing yet, so nothing is uncertain for them.
		refusal.Kind, refusal.Hint = registry.KindUnavailable, "The registry could not exchange the identity token; try again, or look into its log"
		return
	}
	hint := ""
	if e.Explain != nil && refusal.Kind != registry.KindWrongEndpoint {
		hint = e.Explain(refusal)
	}
	switch refusal.Status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone:
		switch {
		case hint != "":
			refusal.Kind, refusal.Hint = registry.KindUnauthorized, hint
		case refusal.Kind == registry.KindWrongEndpoint:
			refusal.Hint = e.Missing + ". " + refusal.Hint
		default:
			refusal.Kind, refusal.Hint = registry.KindUnsupported, e.Missing
		}
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusConflict, http.StatusUnprocessableEntity:
		if refusal.Kind != registry.KindWrongEndpoint {
			refusal.Kind = registry.KindUnauthorized
			refusal.Hint = strings.TrimPrefix(hint+". ", ". ") + saysAbout(token)
		}
	}
}

// saysAbout tells what an identity token claims, without the token: who compares it with the registry's provider and mappings
// sees why they do not fit.
func saysAbout(token registry.Secret) string {
	var claims jwt.RegisteredClaims
	// Whether the signature is good is the registry's to find out; the claims are there when only the algorithm is unknown.
	if _, _, err := jwt.NewParser().ParseUnverified(token.Reveal(), &claims); err != nil && !errors.Is(err, jwt.ErrTokenUnverifiable) {
		return "The identity token cannot be read as a JSON web token"
	}
	if end := claims.ExpiresAt; end != nil && time.Now().After(end.Time) {
		return fmt.Sprintf("The identity token ended at %s (its exp); give the provider a fresh one, or a `token_file` that is kept fresh",
			end.UTC().Format(time.RFC3339))
	}
	if start := claims.NotBefore; start != nil && time.Now().Before(start.Time) {
		return fmt.Sprintf("The identity token is valid from %s on (its nbf); check this machine's clock", start.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("The identity token has iss %q, aud %q and sub %q: the issuer and the audience must be those of the registry's OIDC "+
		"provider, and one of its mappings must fit the claims", claims.Issuer, []string(claims.Audience), claims.Subject)
}
