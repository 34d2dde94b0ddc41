package artifactkeeper

import (
	"net/http"
	"slices"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/packages"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/record"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// nativeFormats are the package formats served here by URL prefix, each with the repository formats it speaks for
// (Artifact Keeper: api/handlers/npm.rs, goproxy.rs, pypi.rs, maven.rs, cargo.rs, conda.rs).
var nativeFormats = map[string][]string{
	packages.FormatNPM:   {"npm", "yarn", "pnpm", "bower"},
	packages.FormatGo:    {"go"},
	packages.FormatPyPI:  {"pypi", "poetry", "conda"},
	packages.FormatMaven: {"maven", "gradle"},
	packages.FormatCargo: {"cargo"},
	packages.FormatConda: {"condanative", "conda"},
}

// guardedFormats are the other formats' prefixes. Their middleware is the same, so that a guest meets the same refusal,
// but nothing is behind it here (Artifact Keeper: api/routes.rs).
var guardedFormats = []string{
	"general", "debian", "nuget", "rpm", "gems", "lfs", "pub", "helm", "composer", "conan", "alpine", "swift", "terraform", "cocoapods", "hex", "huggingface", "jetbrains", "chef", "puppet", "ansible", "cran",
	"ivy", "vscode", "proto", "incus", "lxc", "ext",
}

// nativePrefix tells whether a path belongs to a package format.
func nativePrefix(path string) (string, bool) {
	prefix, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	_, served := nativeFormats[prefix]
	return prefix, served || slices.Contains(guardedFormats, prefix)
}

// serveNative lets a package client through to the packages, or not.
func (s *server) serveNative(w http.ResponseWriter, r *http.Request, prefix string) {
	key, rest, below := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"+prefix+"/"), "/")
	if r.URL.Path == "/"+prefix || key == "" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	repo, who, err := s.admitToRepository(r, key)
	entry := record.From(r.Context())
	entry.Repository = key
	if who != nil {
		who.note(entry)
	}
	if err == nil {
		err = checkFormat(r, repo, who, prefix, rest)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	// Without a slash behind the key there is no such route; uploads to PyPI need that slash.
	if !below {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	user := ""
	if who != nil {
		user = who.username
	}
	s.packages.Serve(w, r, packages.Request{
		Repository: key,
		Format:     prefix,
		Path:       rest,
		BaseURL:    s.baseURL(r) + "/" + prefix + "/" + key,
		User:       user,
		Public:     repo.Public,
		CanWrite:   isWrite(r.Method),
		CanDelete:  r.Method == http.MethodDelete,
		Style:      packages.ArtifactKeeper,
		Errors:     nativeErrors,
	})
}

// nativeErrors writes the errors of a format's own handlers: JSON like the API's where there is a code, else text.
func nativeErrors(w http.ResponseWriter, status int, code, message string) {
	if code == "" {
		writeError(w, nativeError(status, message))
		return
	}
	writeError(w, &apiError{status, code, message})
}

// admitToRepository is the visibility middleware of all package formats, in its order (Artifact Keeper:
// api/middleware/auth.rs). It gives a copy of the repository.
func (s *server) admitToRepository(r *http.Request, key string) (*state.Repository, *caller, error) {
	cred := credentialOf(r)
	if err := csrfGuard(r, cred); err != nil {
		return nil, nil, err
	}
	who := s.resolve(cred, encodedPasswords|basicTokens)
	if cred.form != noCredential && who == nil {
		return nil, nil, challenged(r)
	}
	var repo *state.Repository
	var err error
	s.store.View(func(st *state.State) {
		found := st.RepositoryByKey(key)
		if found == nil {
			// To a guest an unknown repository looks like a private one.
			err = nativeError(http.StatusNotFound, "Repository not found")
			if who == nil {
				err = challenged(r)
			}
			return
		}
		clone := *found
		repo = &clone
		err = visible(st, found, who, r)
	})
	return repo, who, err
}

// visible applies the steps that follow once repository and caller are known.
func visible(st *state.State, repo *state.Repository, who *caller, r *http.Request) error {
	denied := nativeError(http.StatusForbidden, "You do not have permission to perform this action on this repository")
	write := isWrite(r.Method)
	switch {
	case who == nil && (write || !repo.Public):
		return challenged(r)
	case who == nil:
		return nil
	case !who.mayUse(repo.ID):
		return nativeError(http.StatusForbidden, "Token does not have access to this repository")
	case who.isAdmin():
		return nil
	case write:
		if !mayAct(st, repo, who, actionFor(r.Method)) {
			return denied
		}
		return nil
	case repo.Public:
		return nil
	case hasRules(st, repo):
		// From the first rule on, rules alone let anybody read: not even the creator's role does.
		if !rulesGrant(st, repo, who.userID, actionRead) {
			return denied
		}
		return nil
	case !owns(repo, who.userID):
		return nativeError(http.StatusNotFound, "Repository not found")
	}
	return nil
}

// checkFormat applies what a format's handlers look at before they serve: the repository's own format, where uploads can
// go at all, and the token's scope (Artifact Keeper: api/handlers/proxy_helpers.rs).
func checkFormat(r *http.Request, repo *state.Repository, who *caller, prefix, rest string) error {
	formats, served := nativeFormats[prefix]
	if !served {
		return notModelled("packages of format " + prefix)
	}
	if !slices.Contains(formats, repo.Format) {
		return nativeError(http.StatusBadRequest,
			"Repository '"+repo.Key+"' is not a "+prefix+" repository (format: "+repo.Format+")")
	}
	if !isWrite(r.Method) || isAudit(prefix, rest) {
		if repo.Kind == "remote" || repo.Kind == "virtual" {
			return notModelled("reading through a " + repo.Kind + " repository")
		}
		return nil
	}
	if !who.hasScope("write:artifacts") {
		return nativeError(http.StatusForbidden, "Token does not have required scope: write:artifacts")
	}
	switch {
	case repo.Kind == "remote":
		return nativeError(http.StatusMethodNotAllowed, "Cannot publish to a remote repository")
	case repo.Kind == "virtual":
		return nativeError(http.StatusBadRequest, "Cannot publish to a virtual repository")
	case repo.PromotionOnly:
		return nativeError(http.StatusConflict, "Repository accepts artifacts by promotion only")
	}
	return nil
}

// isAudit tells npm's audit queries, which are POSTs and need the right to write, but publish nothing.
func isAudit(prefix, rest string) bool {
	return prefix == packages.FormatNPM && strings.HasPrefix(rest, "-/npm/v1/security/")
}
