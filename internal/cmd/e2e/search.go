package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/coderplay"
)

// searched are the folders of a container that programs of a workspace can write to.
var searched = []string{"/home", "/tmp", "/run", "/var", "/etc", "/opt", "/srv", "/dev/shm"}

// usersTokens are all tokens of users in this chapter, and with OAuth what they are had with: Alice's password and Coder's secret.
func (s *stage) usersTokens() []string {
	if s.coder != nil {
		return append(s.coder.secrets(), alicePassword, clientSecret)
	}
	return s.minted
}

// secrets are what is searched for: the users' and the administrator's.
func (s *stage) secrets() (users, admin coderplay.Secret, err error) {
	names := []string{"admin", "__token__", "oauth2accesstoken", ""}
	for _, o := range []coderplay.Owner{quinn, alice} {
		names = append(names, o.Name, o.Email)
	}
	users = coderplay.NewSecret("a user's token", names, s.usersTokens()...)
	admin = coderplay.NewSecret("the administrator's token", names, s.registry.AdminToken)
	if !users.Known() || !admin.Known() {
		err = errors.New("there is no token to search for")
	}
	return users, admin, err
}

// searchSecrets looks for the tokens where a curious person would while two workspaces run: in states and plans, where a minted
// one may be in the documented places and one that Coder holds in none; in what Docker shows of containers and images; in the
// containers' files, which only their owner may read; and in everything logged or printed.
func (s *stage) searchSecrets(ctx context.Context) error {
	for _, id := range []string{firstID, secondID} {
		if _, err := s.tokenOf(ctx, s.workspace(id, s.owner(), nil)); err != nil {
			return err
		}
	}
	users, admin, err := s.secrets()
	if err != nil {
		return err
	}
	states := map[string][]byte{}
	for _, root := range []string{"platform", firstID, secondID} {
		if states["the state of "+root], err = os.ReadFile(filepath.Join(s.work, root, "terraform.tfstate")); err != nil {
			return err
		}
	}
	if _, states["a plan"], err = s.workspace(firstID, s.owner(), nil).Plan(ctx, "search.tfplan"); err != nil {
		return err
	}
	var wrong []error
	documented := 0
	for place, text := range states {
		n, err := tokensIn(text, users, admin, s.coder == nil)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", place, err))
		}
		documented += n
	}
	if s.coder == nil && documented == 0 {
		wrong = append(wrong, errors.New("no state holds a minted token, so the search proves nothing"))
	}
	for _, id := range []string{firstID, secondID} {
		wrong = append(wrong, s.searchContainer(ctx, "coder-"+id, users, admin))
	}
	return errors.Join(append(wrong, s.searchTexts())...)
}

// tokensIn counts the documented places of a state or plan that hold a user's token; any other place is an error.
func tokensIn(text []byte, users, admin coderplay.Secret, minted bool) (int, error) {
	var document any
	if err := json.Unmarshal(text, &document); err != nil {
		return 0, err
	}
	var wrong []error
	documented := 0
	coderplay.WalkStrings(document, func(where, value string) {
		if admin.In([]byte(value)) {
			wrong = append(wrong, fmt.Errorf("%s is at %s", admin.Name, where))
		}
		switch {
		case !users.In([]byte(value)):
		case minted && coderplay.TokenPlaces[where]:
			documented++
		default:
			wrong = append(wrong, fmt.Errorf("%s is at %s", users.Name, where))
		}
	})
	return documented, errors.Join(wrong...)
}

// searchContainer looks at what Docker tells everybody who may ask it, and at the files.
func (s *stage) searchContainer(ctx context.Context, name string, users, admin coderplay.Secret) error {
	image, err := s.engine.must(ctx, "container", "inspect", "--format", "{{.Image}}", name)
	if err != nil {
		return err
	}
	var wrong []error
	for _, command := range [][]string{{"container", "inspect", name}, {"image", "inspect", image}, {"history", "--no-trunc", image}, {"logs", name}} {
		r, err := s.engine.docker(ctx, command...)
		if err == nil {
			err = r.Failure()
		}
		wrong = append(wrong, err, foundIn("docker "+strings.Join(command[:len(command)-1], " "), []byte(r.Output), users, admin))
	}
	exec := []string{"exec", "--user", "root"}
	files, err := s.filesWith(ctx, s.usersTokens(), exec, name, searched...)
	wrong = append(wrong, err)
	if len(files) == 0 {
		wrong = append(wrong, fmt.Errorf("%s holds no token in any file, so the search proves nothing", name))
	}
	s.out.Note("%s: files with a token: %s", name, strings.Join(files, ", "))
	for _, file := range files {
		if !slices.Contains([]string{"600", "400"}, strings.Fields(file)[0]) {
			wrong = append(wrong, fmt.Errorf("others can read a token in %s of %s", file, name))
		}
	}
	files, err = s.filesWith(ctx, []string{s.registry.AdminToken}, exec, name, searched...)
	if len(files) > 0 {
		err = fmt.Errorf("the administrator's token is in %s: %s", name, strings.Join(files, ", "))
	}
	return errors.Join(append(wrong, err)...)
}

// searchTexts looks through everything that was logged and printed so far.
func (s *stage) searchTexts() error {
	users, admin, err := s.secrets()
	if err != nil {
		return err
	}
	places := map[string]string{"the trace log": s.traceLog(), "what was printed": s.out.Path}
	if s.engine.cmd != nil {
		places["the engine's log"] = filepath.Join(s.engine.work, "dockerd.log")
	}
	var wrong []error
	for place, path := range places {
		text, err := os.ReadFile(path)
		if err == nil && len(text) == 0 {
			err = fmt.Errorf("%s is empty, so the search proves nothing", place)
		}
		wrong = append(wrong, err, foundIn(place, text, users, admin))
	}
	return errors.Join(wrong...)
}

func foundIn(place string, text []byte, secrets ...coderplay.Secret) error {
	var wrong []error
	for _, secret := range secrets {
		if secret.In(text) {
			wrong = append(wrong, fmt.Errorf("%s is in %s", secret.Name, place))
		}
	}
	return errors.Join(wrong...)
}
