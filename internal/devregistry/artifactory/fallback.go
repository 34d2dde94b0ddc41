package artifactory

import (
	"net/http"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/packages"
)

// notModelledPaths are endpoints of the real server that this one leaves out; they answer 501 so that nobody mistakes
// the gap for a missing object. README.md gives the reasons.
var notModelledPaths = map[string]string{
	"/access/api/v1/aws/":                         "AWS role assignment",
	"/access/api/v1/config/":                      "the Access configuration",
	"/access/api/v1/users/invite":                 "inviting users",
	"/access/api/v1/environments":                 "environments",
	"/access/api/v1/integrations/":                "administering custom integrations (OAuth)",
	"/access/api/v1/projects":                     "projects",
	"/access/api/v1/roles":                        "global roles",
	"/access/api/v1/saml/":                        "SAML settings",
	"/access/api/v2/authentication/":              "web login of command line clients",
	"/artifactory/api/build":                      "builds",
	"/artifactory/api/security/apiKey":            "API keys (deprecated by the vendor)",
	"/artifactory/api/security/encryptedPassword": "encrypted passwords",
	"/artifactory/api/security/keypair":           "key pairs",
	"/artifactory/api/security/trustedKeys":       "trusted keys",
	"/artifactory/api/storage":                    "artifact storage",
	"/artifactory/api/search":                     "search",
	"/artifactory/api/system/configuration":       "the configuration descriptor",
	"/artifactory/api/v2/repositories/":           "batch repository calls",
	"/catalog/":                                   "the Catalog service",
	"/distribution/":                              "the Distribution service",
	"/event/":                                     "the Event service",
	"/lifecycle/":                                 "the Lifecycle service",
	"/mc/":                                        "Mission Control",
	"/metadata/":                                  "the Metadata service",
	"/ui/api/":                                    "the user interface's own API",
	"/xray/":                                      "the Xray service",
}

// otherPackageTypes are the package types the real server has routes for and this one does not.
var otherPackageTypes = []string{
	"alpine", "ansible", "chef", "cocoapods", "composer", "conan", "cran", "deb", "gems", "gitlfs", "helm", "helmoci",
	"huggingfaceml", "nuget", "oci", "opkg", "pub", "puppet", "rpm", "swift",
	"terraform", "vagrant", "yum",
}

// fallbackRoutes answers for every path that has no handler.
func (s *server) fallbackRoutes() {
	for path, what := range notModelledPaths {
		refuse := func(http.ResponseWriter, *http.Request, *principal) error { return notModelled(what) }
		s.authenticated(path, refuse)
		if strings.HasPrefix(path, "/access/api/") || strings.HasPrefix(path, "/artifactory/api/") {
			if trimmed, isTree := strings.CutSuffix(path, "/"); isTree {
				s.authenticated(trimmed, refuse)
			} else {
				s.authenticated(path+"/", refuse)
			}
		}
	}
	for _, kind := range otherPackageTypes {
		s.authenticated("/artifactory/api/"+kind+"/", func(http.ResponseWriter, *http.Request, *principal) error {
			return notModelled("The package type " + kind)
		})
	}
	s.authenticated("/access/", func(http.ResponseWriter, *http.Request, *principal) error {
		return &problem{status: http.StatusNotFound, message: "HTTP 404 Not Found", detail: "Not Found"}
	})
	s.anonymous("/artifactory/", s.repositoryPath)
	s.mux.HandleFunc("/ui/", loginPage)
	s.mux.Handle("/{$}", http.RedirectHandler("/ui/", http.StatusFound))
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writeText(w, http.StatusNotFound, "404 page not found\n")
	})
}

// repositoryPath answers for what looks like a path of a repository, or of an API nobody knows. Maven repositories are
// used by their path; /artifactory/api/maven is another name of it.
func (s *server) repositoryPath(w http.ResponseWriter, r *http.Request, p *principal) error {
	key, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/artifactory/"), "/")
	repository := s.findRepository(key)
	switch {
	case repository != nil && repository.Format == packages.FormatMaven:
		return s.serveRepository(w, r, p, place{
			format: packages.FormatMaven, key: key, path: path, base: s.base(r) + "/artifactory/" + key,
		})
	case p == nil:
		return errNoCredentials(r)
	case repository != nil:
		return notModelled("Download by repository path")
	}
	return notFound("File not found.")
}

// loginPage is what a browser sees, and what a client with a wrong URL gets: HTML with status 200.
func loginPage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html;charset=utf-8")
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte("<!DOCTYPE html>\n<html><head><title>JFrog</title></head>" +
			"<body><div id=\"app\">Sign in to continue</div></body></html>\n"))
	}
}
