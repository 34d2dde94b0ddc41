package artifactkeeper

import (
	"context"
	"errors"
	"net/http"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/session"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// newLogin turns user name and password into a session token, which lives for 30 minutes by default. A Basic header would
// work too, at the price of one slow password check for every request.
func newLogin(c *transport.Client, cred transport.Credential) *session.Session {
	return session.New(userObject(cred.Username), func(ctx context.Context) (session.Grant, error) { return login(ctx, c, cred) })
}

type loginJSON struct {
	AccessToken  string `json:"access_token"`
	TOTPRequired bool   `json:"totp_required"`
	TOTPEnrol    bool   `json:"totp_enrollment_required"`
}

// Complete implements the transport's check of a success: the server answers 200 without a token while a second factor is
// missing, and says so.
func (l *loginJSON) Complete() error {
	if l.AccessToken == "" && !l.TOTPRequired && !l.TOTPEnrol {
		return errors.New("it holds no access_token")
	}
	return nil
}

func login(ctx context.Context, c *transport.Client, cred transport.Credential) (session.Grant, error) {
	var answer loginJSON
	err := c.Do(ctx, transport.Request{
		Op: "sign in", Object: userObject(cred.Username), Class: transport.Create, Method: http.MethodPost,
		Path: "/api/v1/auth/login", Anonymous: true,
		Body:    map[string]string{"username": cred.Username, "password": cred.Password.Reveal()},
		Secrets: []registry.Secret{cred.Password},
	}, &answer)
	if err == nil && answer.AccessToken == "" {
		err = &registry.Error{
			Kind: registry.KindUnauthorized, Op: "sign in", Object: userObject(cred.Username),
			Message: "the account needs a second factor",
			Hint:    "Use an access token with the scope admin instead of user name and password",
		}
	}
	return session.Grant{Token: registry.NewSecret(answer.AccessToken)}, err
}
