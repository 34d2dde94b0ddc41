package artifactkeeper

import (
	"cmp"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// repositoryFormats are the built-in formats (Artifact Keeper: models/repository.rs).
var repositoryFormats = []string{
	"maven", "gradle", "npm", "pypi", "nuget", "go", "rubygems", "docker", "helm", "rpm", "debian", "conan", "cargo",
	"generic", "podman", "buildx", "oras", "wasm_oci", "helm_oci", "poetry", "conda", "yarn", "bower", "pnpm", "chocolatey",
	"powershell", "terraform", "opentofu", "alpine", "conda_native", "composer", "hex", "cocoapods", "swift", "pub", "sbt",
	"chef", "puppet", "ansible", "gitlfs", "vscode", "jetbrains", "huggingface", "mlmodel", "cran", "vagrant", "opkg", "p2",
	"bazel", "protobuf", "incus", "lxc",
}

// maxKey is the length of a repository key, in bytes.
const maxKey = 128

// checkKey applies the rule for keys of repositories and projects (Artifact Keeper: api/handlers/repositories.rs).
func checkKey(kind, key string) error {
	wellFormed := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r)
	}
	switch {
	case key == "" || len(key) > maxKey:
		return invalid(kind + " key must be between 1 and 128 characters")
	case strings.IndexFunc(key, func(r rune) bool { return !wellFormed(r) }) >= 0:
		return invalid(kind + " key must contain only alphanumeric characters, hyphens, underscores, and dots")
	case key[0] == '.' || key[0] == '-':
		return invalid(kind + " key must not start with a dot or hyphen")
	case strings.Contains(key, ".."):
		return invalid(kind + " key must not contain consecutive dots")
	}
	return nil
}

// checkOutbound refuses URLs the server would not call: other schemes, and private addresses unless they are allowed.
func (s *server) checkOutbound(raw string, schemes ...string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || !slices.Contains(schemes, u.Scheme) {
		return invalid("Invalid URL '" + raw + "': expected scheme " + strings.Join(schemes, " or "))
	}
	if s.opt.AllowPrivateIssuers {
		return nil
	}
	host := u.Hostname()
	addr, err := netip.ParseAddr(host)
	if err == nil && private(addr) || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return invalid("URL host '" + host + "' is a private or internal address")
	}
	return nil
}

func private(addr netip.Addr) bool {
	return addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast() || addr.IsUnspecified()
}

// createRepository makes a repository; its maker gets roles on it. The body is looked at after the caller.
func (s *server) createRepository(r *http.Request, who *caller) (any, error) {
	if err := authorised(who, actionWrite); err != nil {
		return nil, err
	}
	allowed := who.isAdmin()
	s.store.View(func(st *state.State) {
		allowed = allowed || mayOn(st, targetSystem, systemID, who.userID, actionAdmin)
	})
	if !allowed {
		return nil, forbidden("Insufficient permissions to create repositories")
	}
	repo, err := s.readRepository(r)
	if err != nil {
		return nil, err
	}
	repo.OwnerIDs = []string{who.userID}
	out := describeRepository(repo)
	s.store.Update(func(st *state.State) {
		for _, m := range repo.Members {
			if st.RepositoryByKey(m.Key) == nil {
				err = notFound("Member repository '" + m.Key + "' not found")
				return
			}
		}
		if st.RepositoryByKey(repo.Key) != nil {
			err = conflict("Repository with key '" + repo.Key + "' already exists")
			return
		}
		if repo.ProjectID != "" && projectByID(st, repo.ProjectID) == nil {
			err = invalid("Project " + repo.ProjectID + " does not exist")
			return
		}
		st.Repositories = append(st.Repositories, repo)
	})
	return result(out, err)
}

func (s *server) readRepository(r *http.Request) (*state.Repository, error) {
	body, err := readLabelled(r, rawBody, "Invalid repository payload")
	if err != nil {
		return nil, err
	}
	now := s.store.Now()
	repo := &state.Repository{
		ID: uuid.NewString(), Key: required[string](body, "key"), Name: required[string](body, "name"),
		Format: required[string](body, "format"), Kind: required[string](body, "repo_type"),
		Description: deref(maybe[string](body, "description")), UpstreamURL: deref(maybe[string](body, "upstream_url")),
		UpstreamAuth: deref(maybe[string](body, "upstream_auth_type")), QuotaBytes: maybe[int64](body, "quota_bytes"),
		ProjectID: string(deref(maybe[uid](body, "project_id"))), PromotionOnly: deref(maybe[bool](body, "promotion_only")),
		Versioning: deref(maybe[bool](body, "versioning_enabled")), CreatedAt: now, UpdatedAt: now,
	}
	repo.Public = s.visibility(body, false)
	members, err := readMembers(body, repo)
	if err := cmp.Or(body.done(), err); err != nil {
		return nil, err
	}
	return repo, s.checkRepository(repo, members)
}

func deref[T any](v *T) T {
	if v == nil {
		var zero T
		return zero
	}
	return *v
}

// visibility reads the one flag under its two names; allow_anonymous_access wins. While guests are not let in at all, no
// repository becomes public, whatever was asked for (Artifact Keeper: api/handlers/repositories.rs).
func (s *server) visibility(body *fields, otherwise bool) bool {
	anonymous, public := maybe[bool](body, "allow_anonymous_access"), maybe[bool](body, "is_public")
	return deref(cmp.Or(anonymous, public, &otherwise)) && !s.opt.GuestAccessOff
}

// readMembers reads the members of a virtual repository and tells whether the list was there at all.
func readMembers(body *fields, repo *state.Repository) (bool, error) {
	list := maybe[[]map[string]any](body, "member_repos")
	if list == nil {
		return false, nil
	}
	for _, m := range *list {
		key, ok := m["repo_key"].(string)
		if !ok {
			return true, invalid("Invalid repository payload: member_repos: missing field `repo_key`")
		}
		priority, _ := m["priority"].(float64)
		repo.Members = append(repo.Members, state.RepositoryMember{Key: key, Priority: int(priority)})
	}
	return true, nil
}

func (s *server) checkRepository(repo *state.Repository, members bool) error {
	if err := checkKey("Repository", repo.Key); err != nil {
		return err
	}
	if !slices.Contains(repositoryFormats, repo.Format) {
		return invalid("Invalid format: " + repo.Format)
	}
	if !slices.Contains([]string{"local", "remote", "virtual", "staging"}, repo.Kind) {
		return invalid("Invalid repo_type: " + repo.Kind)
	}
	switch {
	case repo.Kind == "remote" && repo.UpstreamURL == "":
		return invalid("Remote repositories need an upstream_url")
	case repo.Kind == "remote":
		return s.checkOutbound(repo.UpstreamURL, "http", "https")
	case repo.Kind == "virtual" && members && len(repo.Members) == 0:
		return invalid("Virtual repositories need at least one member")
	case tooLong(repo.Name):
		return databaseError()
	}
	return nil
}

// editRepository runs a change on a repository the caller may see and act on; one that is not visible does not exist.
func (s *server) editRepository(
	r *http.Request, who *caller, action string, change func(*state.State, *state.Repository) error,
) error {
	key := r.PathValue("key")
	var err error
	s.store.Update(func(st *state.State) {
		repo := st.RepositoryByKey(key)
		switch {
		case repo == nil || !mayRead(st, repo, who) && !mayAct(st, repo, who, action) || !who.mayUse(repo.ID):
			err = noSuchRepository(key)
		case !mayAct(st, repo, who, action):
			err = forbidden("You do not have permission to perform this action on this repository")
		default:
			err = change(st, repo)
		}
	})
	return err
}

func noSuchRepository(key string) error { return notFound("Repository '" + key + "' not found") }

// updateRepository changes what was sent. The key can change; format, type and upstream cannot.
func (s *server) updateRepository(r *http.Request, who *caller) (any, error) {
	body, err := readObject(r, plainBody)
	if err != nil {
		return nil, err
	}
	key, name, description := maybe[string](body, "key"), maybe[string](body, "name"), maybe[string](body, "description")
	quota, promotion := maybe[int64](body, "quota_bytes"), maybe[bool](body, "promotion_only")
	versioning, curation := maybe[bool](body, "versioning_enabled"), maybe[bool](body, "curation_enabled")
	_, _ = maybe[bool](body, "is_public"), maybe[bool](body, "allow_anonymous_access")
	if err := body.done(); err != nil {
		return nil, err
	}
	if err := authorised(who, actionWrite); err != nil {
		return nil, err
	}
	now := s.store.Now()
	var out repositoryResponse
	err = s.editRepository(r, who, actionWrite, func(st *state.State, repo *state.Repository) error {
		if key != nil && *key != repo.Key {
			if err := checkKey("Repository", *key); err != nil {
				return err
			}
			if st.RepositoryByKey(*key) != nil {
				return conflict("Repository with key '" + *key + "' already exists")
			}
			repo.Key = *key
		}
		set(&repo.Name, name)
		set(&repo.Description, description)
		set(&repo.PromotionOnly, promotion)
		set(&repo.Versioning, versioning)
		set(&repo.CurationEnabled, curation)
		if quota != nil {
			repo.QuotaBytes = quota
		}
		repo.Public, repo.UpdatedAt = s.visibility(body, repo.Public), now
		out = describeRepository(repo)
		return nil
	})
	return result(out, err)
}

// set assigns what was sent.
func set[T any](target, value *T) {
	if value != nil {
		*target = *value
	}
}

// deleteRepository removes a repository. Permission rows for it stay; tokens limited to it alone lose their limit.
func (s *server) deleteRepository(r *http.Request, who *caller) (any, error) {
	if err := authorised(who, actionDelete); err != nil {
		return nil, err
	}
	return nil, s.editRepository(r, who, actionDelete, func(st *state.State, repo *state.Repository) error {
		st.Repositories = slices.DeleteFunc(st.Repositories, func(other *state.Repository) bool { return other == repo })
		return nil
	})
}
