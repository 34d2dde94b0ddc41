package artifactkeeper

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/packages"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/record"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// The distribution API: a challenge that names the product, a token service, and images below their repository's key
// (Artifact Keeper: api/handlers/oci_v2.rs).
const (
	ociService = "artifact-keeper"
	// anonymousToken is what the token service gives to those without a credential: good for public repositories.
	anonymousToken    = "anonymous"
	anonymousLifetime = 15 * time.Minute
	// maxTokenForm bounds what the token service reads, in bytes.
	maxTokenForm = 1 << 16
)

// ociFormats are the repository formats with images in them.
var ociFormats = []string{"docker", "podman", "helmoci", "wasmoci"}

// serveOCI answers everything below /v2. Errors have the specification's envelope.
func (s *server) serveOCI(w http.ResponseWriter, r *http.Request) {
	path := strings.Trim(strings.TrimPrefix(r.URL.Path, "/v2"), "/")
	var err error
	switch {
	case path == "" && r.Method == http.MethodGet:
		err = s.ociPing(w, r)
	case path == "token" && (r.Method == http.MethodGet || r.Method == http.MethodPost):
		err = s.ociToken(w, r)
	case strings.Contains(path, "/"):
		err = s.serveImages(w, r, path)
	default:
		err = ociError(http.StatusNotFound, "UNSUPPORTED", "no such endpoint")
	}
	if err != nil {
		writeError(w, err)
	}
}

func ociError(status int, code, message string) error {
	return &guardError{status: status, body: ociErrors(code, message)}
}

// ociChallenge is the 401 that sends a client to the token service.
func (s *server) ociChallenge(r *http.Request) error {
	return &guardError{
		status: http.StatusUnauthorized, body: ociErrors("UNAUTHORIZED", "authentication required"),
		challenges: []string{`Bearer realm="` + s.baseURL(r) + `/v2/token",service="` + ociService + `"`},
	}
}

// ociPing is the strongest product marker: its challenge names the service. Of Bearer tokens it takes sessions only.
func (s *server) ociPing(w http.ResponseWriter, r *http.Request) error {
	cred := credentialOf(r)
	var who *caller
	switch {
	case strictBearer(r):
		who = s.bySession(cred.value)
	case cred.form == basicCredential:
		who = s.ociBasic(cred)
	}
	if who == nil {
		return s.ociChallenge(r)
	}
	w.Header().Set("Docker-Distribution-API-Version", "registry/2.0")
	writeJSON(w, http.StatusOK, struct{}{})
	return nil
}

// ociBasic looks at tokens first, unlike the other formats: a token under a user's name is no failed sign-in here.
func (s *server) ociBasic(cred credential) *caller {
	user, password, ok := basicPair(cred.value)
	if !ok {
		return nil
	}
	for _, attempt := range []func() *caller{
		func() *caller { return s.byToken(password) },
		func() *caller { return s.byPassword(user, password) },
		func() *caller { return s.bySession(password) },
	} {
		if who := attempt(); who != nil {
			return who
		}
	}
	return nil
}

// ociCaller finds who asks for an image. No credential, or the token for those without one, is nobody; a wrong one fails.
func (s *server) ociCaller(r *http.Request) (*caller, bool) {
	cred := credentialOf(r)
	var who *caller
	switch {
	case cred.form == noCredential || cred.cookie, cred.form == bearerCredential && cred.value == anonymousToken:
		return nil, true
	case strictBearer(r):
		if who = s.bySession(cred.value); who == nil {
			who = s.byToken(cred.value)
		}
	case cred.form == basicCredential:
		who = s.ociBasic(cred)
	}
	return who, who != nil
}

type ociTokenAnswer struct {
	Token       string `json:"token"`
	AccessToken string `json:"access_token"`
	ExpiresIn   int    `json:"expires_in"`
	IssuedAt    stamp  `json:"issued_at"`
}

// ociToken is the token service: GET with Basic, or a form with a password grant. Refresh tokens are not given out, so that
// none can come back.
func (s *server) ociToken(w http.ResponseWriter, r *http.Request) error {
	cred := credentialOf(r)
	service := r.URL.Query().Get("service")
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, maxTokenForm)
		if err := r.ParseForm(); err != nil {
			return ociError(http.StatusBadRequest, "UNSUPPORTED", "the body is no form")
		}
		service = r.PostForm.Get("service")
		if r.PostForm.Get("grant_type") != "password" {
			return ociError(http.StatusUnauthorized, "UNAUTHORIZED", "authentication required")
		}
		pair := r.PostForm.Get("username") + ":" + r.PostForm.Get("password")
		cred = credential{form: basicCredential, value: base64.StdEncoding.EncodeToString([]byte(pair))}
	}
	if service != "" && service != ociService {
		return ociError(http.StatusBadRequest, "UNSUPPORTED", "unknown service: "+service)
	}
	now := s.store.Now()
	if cred.form == noCredential {
		writeJSON(w, http.StatusOK, ociTokenAnswer{anonymousToken, anonymousToken, int(anonymousLifetime.Seconds()), stamp(now)})
		return nil
	}
	var who *caller
	if cred.form == basicCredential {
		who = s.ociBasic(cred)
	}
	if who == nil {
		return ociError(http.StatusUnauthorized, "UNAUTHORIZED", "invalid username or password")
	}
	who.note(record.From(r.Context()))
	token, err := s.exchanged(who, now)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, ociTokenAnswer{token, token, int(accessLifetime.Seconds()), stamp(now)})
	return nil
}

// exchanged makes a session token that can do what the credential behind a caller can.
func (s *server) exchanged(who *caller, now time.Time) (string, error) {
	c := claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Subject: who.userID, IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(accessLifetime)),
		},
		Username: who.username, Email: who.email, IsAdmin: who.administrator, IssuedMilli: now.UnixMilli(), TokenType: accessType,
	}
	if who.scoped {
		c.Scopes = &who.scopes
	}
	if who.limited {
		c.AllowedRepoIDs = append([]string{}, who.repoLimit...)
	}
	return s.signClaims(c)
}

// serveImages lets a client through to a repository's images, or not. Path begins with the repository's key.
func (s *server) serveImages(w http.ResponseWriter, r *http.Request, path string) error {
	key, rest, _ := strings.Cut(path, "/")
	if strings.HasSuffix(r.URL.Path, "/") {
		rest += "/" // uploads begin at such a path
	}
	entry := record.From(r.Context())
	entry.Repository = key
	who, ok := s.ociCaller(r)
	if !ok {
		return s.ociChallenge(r)
	}
	if who != nil {
		who.note(entry)
	}
	var repo *state.Repository
	var err error
	s.store.View(func(st *state.State) {
		if found := st.RepositoryByKey(key); found != nil {
			clone := *found
			repo = &clone
		}
		err = s.ociVisible(st, repo, who, r)
	})
	if err != nil {
		return err
	}
	user := ""
	if who != nil {
		user = who.username
	}
	s.packages.Serve(w, r, packages.Request{
		Repository: key, Format: packages.FormatOCI, Path: rest, BaseURL: s.baseURL(r) + "/v2/" + key, User: user,
		Public: repo.Public, CanWrite: who != nil, CanDelete: who != nil, Style: packages.ArtifactKeeper,
		Errors: func(w http.ResponseWriter, status int, code, message string) {
			writeError(w, ociError(status, code, message))
		},
	})
	return nil
}

// ociVisible decides by scope, the token's repositories, and the rights on the repository. A repository that one may not see
// looks like one that is not there.
func (s *server) ociVisible(st *state.State, repo *state.Repository, who *caller, r *http.Request) error {
	action, scope := actionFor(r.Method), actionFor(r.Method)+":artifacts"
	write := isWrite(r.Method)
	unknown := ociError(http.StatusNotFound, "NAME_UNKNOWN", "repository not found")
	switch {
	case who == nil && (repo == nil || write || !repo.Public):
		return s.ociChallenge(r)
	case repo == nil:
		return unknown
	case !slices.Contains(ociFormats, repo.Format):
		return ociError(http.StatusBadRequest, "NAME_INVALID", "repository '"+repo.Key+"' holds no images (format: "+repo.Format+")")
	case who == nil:
		return nil
	case !who.hasScope(scope):
		return ociError(http.StatusForbidden, "DENIED", "Token does not have required scope: "+scope)
	case !who.mayUse(repo.ID) && (write || !repo.Public), write && !mayAct(st, repo, who, action):
		return ociError(http.StatusForbidden, "DENIED", "You do not have access to this repository")
	case !write && !mayRead(st, repo, who):
		return unknown
	}
	return nil
}
