package jfrogclient

import (
	"slices"
	"testing"

	accessservices "github.com/jfrog/jfrog-client-go/access/services"
	"github.com/jfrog/jfrog-client-go/artifactory/services"
	"github.com/jfrog/jfrog-client-go/auth"
	"github.com/jfrog/jfrog-client-go/utils"
)

func TestPing(t *testing.T) {
	t.Parallel()
	if body, err := registry.access(t, registry.admin()).Ping(); err != nil || string(body) != "OK" {
		t.Errorf("Access: %q, %v", body, err)
	}
	if body, err := registry.artifactory(t, registry.admin()).Ping(); err != nil || string(body) != "OK" {
		t.Errorf("Artifactory: %q, %v", body, err)
	}
	if _, err := registry.access(t, account{token: "nonsense"}).Ping(); err == nil {
		t.Error("the Access ping takes a bad token")
	}
}

func TestSystem(t *testing.T) {
	t.Parallel()
	client := registry.artifactory(t, registry.admin())
	version, err := client.GetVersion()
	if err != nil || version == "" {
		t.Errorf("version %q, %v", version, err)
	}
	id, err := client.GetServiceId()
	if err != nil || id == "" {
		t.Errorf("service id %q, %v", id, err)
	}
	repositories, err := client.GetAllRepositories()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(*repositories, func(r services.RepositoryDetails) bool { return r.Key == "npm-private" }) {
		t.Errorf("repositories: %+v", *repositories)
	}
	var details services.RepositoryDetails
	if err := client.GetRepository("npm-private", &details); err != nil || details.PackageType != "npm" {
		t.Errorf("repository: %+v, %v", details, err)
	}
}

// mint makes a token for a user through the Access service.
func mint(t *testing.T, username string, refreshable bool) auth.CreateTokenResponseData {
	t.Helper()
	token, err := registry.access(t, registry.admin()).CreateAccessToken(accessservices.CreateTokenParams{
		CommonTokenParams: auth.CommonTokenParams{
			Scope: "applied-permissions/user", ExpiresIn: utils.Pointer(uint(86400)), Refreshable: &refreshable,
		},
		Username: username, Description: "made by JFrog's client", IncludeReferenceToken: utils.Pointer(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestAccessTokens(t *testing.T) {
	t.Parallel()
	newUser(t, "token-owner")
	token := mint(t, "token-owner", true)
	if token.TokenId == "" || token.AccessToken == "" || token.RefreshToken == "" || token.ReferenceToken == "" ||
		token.ExpiresIn == nil || *token.ExpiresIn != 86400 || token.TokenType != "Bearer" ||
		token.Scope != "applied-permissions/user" {
		t.Errorf("a token that lacks something: %+v", token)
	}
	// The client decodes the payload as plain base64.
	if got := auth.ExtractUsernameFromAccessToken(token.AccessToken); got != "token-owner" {
		t.Errorf("the client reads the user name %q", got)
	}
	for name, who := range map[string]account{
		"as Bearer": {token: token.AccessToken}, "as password": {user: "token-owner", password: token.AccessToken},
		"by reference": {token: token.ReferenceToken},
	} {
		if _, err := registry.access(t, who).Ping(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}

	old := registry.access(t, account{token: token.AccessToken})
	renewed, err := old.RefreshAccessToken(accessservices.CreateTokenParams{CommonTokenParams: auth.CommonTokenParams{
		AccessToken: token.AccessToken, RefreshToken: token.RefreshToken,
	}})
	if err != nil {
		t.Fatal(err)
	}
	if renewed.AccessToken == token.AccessToken || renewed.RefreshToken == token.RefreshToken ||
		renewed.TokenId == token.TokenId || renewed.ExpiresIn == nil || *renewed.ExpiresIn != 86400 {
		t.Errorf("not a new token: %+v", renewed)
	}
	_, err = registry.access(t, account{token: renewed.AccessToken}).RefreshAccessToken(accessservices.CreateTokenParams{
		CommonTokenParams: auth.CommonTokenParams{AccessToken: token.AccessToken, RefreshToken: token.RefreshToken},
	})
	if err == nil {
		t.Error("a refresh token worked twice")
	}
}

func TestTokensAreListedAndRevoked(t *testing.T) {
	t.Parallel()
	newUser(t, "token-lister")
	token := mint(t, "token-lister", false)
	client := registry.artifactory(t, registry.admin())
	ids, err := client.GetUserTokens("token-lister")
	if err != nil || !slices.Equal(ids, []string{token.TokenId}) {
		t.Fatalf("the user's tokens are %v, %v; want %s", ids, err, token.TokenId)
	}
	if answer, err := client.RevokeToken(services.RevokeTokenParams{TokenId: token.TokenId}); err != nil {
		t.Fatalf("%s, %v", answer, err)
	}
	if _, err := registry.access(t, account{token: token.AccessToken}).Ping(); err == nil {
		t.Error("the token works after its revocation")
	}
	if ids, err := client.GetUserTokens("token-lister"); err != nil || len(ids) > 0 {
		t.Errorf("the user's tokens after the revocation are %v, %v", ids, err)
	}
}

func TestLegacyTokens(t *testing.T) {
	t.Parallel()
	newUser(t, "token-legacy")
	client := registry.artifactory(t, registry.admin())
	params := services.NewCreateTokenParams()
	params.Username, params.Scope, params.Refreshable, params.ExpiresIn = "token-legacy", "member-of-groups:readers", true, 86400
	token, err := client.CreateToken(params)
	if err != nil || token.AccessToken == "" || token.RefreshToken == "" {
		t.Fatalf("%+v, %v", token, err)
	}
	if _, err := registry.artifactory(t, account{user: "token-legacy", password: token.AccessToken}).Ping(); err != nil {
		t.Error(err)
	}
	refresh := services.NewArtifactoryRefreshTokenParams()
	refresh.AccessToken, refresh.RefreshToken = token.AccessToken, token.RefreshToken
	renewed, err := client.RefreshToken(refresh)
	if err != nil || renewed.AccessToken == token.AccessToken {
		t.Fatalf("%+v, %v", renewed, err)
	}
	if _, err := client.RevokeToken(services.RevokeTokenParams{Token: renewed.AccessToken}); err != nil {
		t.Fatal(err)
	}
	if _, err := registry.artifactory(t, account{token: renewed.AccessToken}).GetVersion(); err == nil {
		t.Error("the token works after its revocation")
	}
}
