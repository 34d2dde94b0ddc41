package issuer

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// Grant is what an issuer gives for an authorization code.
type Grant struct {
	IDToken     string `json:"id_token"`
	AccessToken string `json:"access_token"`
}

// Redeem changes an authorization code for tokens at an issuer's token endpoint. The client's secret goes in the form.
func (v Verifier) Redeem(ctx context.Context, endpoint string, form url.Values) (Grant, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var grant Grant
	form.Set("grant_type", "authorization_code")
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return grant, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return grant, v.send(req, &grant)
}

// UserInfo asks for the claims that an issuer keeps out of its identity tokens.
func (v Verifier) UserInfo(ctx context.Context, endpoint, accessToken string) (map[string]any, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+accessToken)
	claims := map[string]any{}
	return claims, v.send(req, &claims)
}
