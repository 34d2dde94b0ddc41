package main

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/coderplay"
)

var warning = regexp.MustCompile(`(?m)^\W*Warning: `)

// encodedWith are the names that clients put in front of a token.
var encodedWith = []string{owner, ownerEmail, "__token__", "admin", ""}

// finding is one row of the search's table.
type finding struct {
	place string
	// minted and admin say what was found; wrong is why that is not acceptable.
	minted, admin string
	wrong         string
}

// searchSecrets looks for the minted and the administrator's token everywhere a curious person would.
func (s *story) searchSecrets(ctx context.Context) error {
	s.out.Step("checks: searching state, plan, scripts, arguments, files and logs for tokens")
	if err := s.learnSecrets(ctx); err != nil {
		return err
	}
	var findings []finding
	for _, look := range []func(context.Context) ([]finding, error){s.lookInStates, s.lookInPlan, s.lookInTexts, s.lookInFiles} {
		found, err := look(ctx)
		if err != nil {
			return err
		}
		findings = append(findings, found...)
	}
	rows := [][]string{{"place", "minted token", "administrator's token", "result"}}
	var failures []error
	for _, f := range findings {
		verdict := "ok"
		if f.wrong != "" {
			verdict = "LEAK"
			failures = append(failures, fmt.Errorf("secret search, %s: %s", f.place, f.wrong))
		}
		rows = append(rows, []string{f.place, f.minted, f.admin, verdict})
	}
	s.out.Table(rows)
	return errors.Join(failures...)
}

func (s *story) learnSecrets(ctx context.Context) error {
	text, err := s.workspace.Show(ctx)
	if err != nil {
		return err
	}
	state, err := coderplay.ParseState(text)
	if err != nil {
		return err
	}
	s.admin = coderplay.NewSecret("admin", encodedWith, s.registry.AdminToken)
	err = state.Each(func(kind, _ string, values json.RawMessage) error {
		if kind != "registry_token" {
			return nil
		}
		var token struct {
			Access    string `json:"access_token"`
			Refresh   string `json:"refresh_token"`
			Reference string `json:"reference_token"`
		}
		if err := json.Unmarshal(values, &token); err != nil {
			return err
		}
		s.minted = coderplay.NewSecret("minted", encodedWith, token.Access, token.Refresh, token.Reference)
		return nil
	})
	if err == nil && !s.minted.Known() {
		err = errors.New("the workspace's state holds no registry_token to search for")
	}
	return err
}

// lookInStates reads the state files themselves, private data included.
func (s *story) lookInStates(context.Context) ([]finding, error) {
	var list []finding
	for _, t := range []coderplay.Terraform{s.platform, s.workspace} {
		text, err := os.ReadFile(filepath.Join(t.Dir, "terraform.tfstate"))
		if err != nil {
			return nil, err
		}
		f, err := s.judgeJSON("state of "+filepath.Base(t.Dir), text)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, nil
}

// lookInPlan saves a plan of the running workspace and reads it as JSON and as the file it is.
func (s *story) lookInPlan(ctx context.Context) ([]finding, error) {
	_, text, err := s.workspace.Plan(ctx, "search.tfplan")
	if err != nil {
		return nil, err
	}
	asJSON, err := s.judgeJSON("plan, as JSON", text)
	if err != nil {
		return nil, err
	}
	archive, err := zip.OpenReader(filepath.Join(s.workspace.Dir, "search.tfplan"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = archive.Close() }()
	// The file carries the state, so the minted token is in it; the administrator's has no business there.
	file := finding{place: "plan, the file", minted: "as in the state", admin: "none"}
	for _, entry := range archive.File {
		reader, err := entry.Open()
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(reader)
		_ = reader.Close()
		if err != nil {
			return nil, err
		}
		if s.admin.In(content) {
			file.admin, file.wrong = entry.Name, "the administrator's token is in the plan file's "+entry.Name
		}
	}
	return []finding{asJSON, file}, nil
}

// lookInTexts reads everything that was rendered, printed, logged or passed as an argument.
func (s *story) lookInTexts(context.Context) ([]finding, error) {
	var scripts strings.Builder
	for _, script := range s.agent.Scripts {
		scripts.WriteString(script.Script)
	}
	list := []finding{
		s.judgeText("script text", []byte(scripts.String())),
		s.judgeText("output of scripts and clients", []byte(s.printed.String())),
	}
	files := []struct{ place, path string }{
		{"output of the CLI", s.out.Path},
		{"TF_LOG=TRACE of every run", s.traceLog()},
	}
	if canTrace {
		files = append(files, struct{ place, path string }{"arguments of scripts and clients", s.argvLog()})
	} else {
		list = append(list, finding{place: "arguments of scripts and clients", minted: "not looked at: needs Linux", admin: "not looked at"})
	}
	for _, f := range files {
		text, err := os.ReadFile(f.path)
		if err != nil {
			return nil, err
		}
		list = append(list, s.judgeText(fmt.Sprintf("%s (%d kB)", f.place, len(text)/1000), text))
	}
	return list, nil
}

// lookInFiles goes through the home. The minted token may be in files that only the owner can read, in folders alike.
func (s *story) lookInFiles(context.Context) ([]finding, error) {
	f := finding{place: "files in the home", minted: "none", admin: "none"}
	admin, err := s.filesWith(s.admin)
	if err != nil {
		return nil, err
	}
	if len(admin) > 0 {
		f.admin, f.wrong = admin[0].name, "the administrator's token is in "+admin[0].name
	}
	minted, err := s.filesWith(s.minted)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, file := range minted {
		names = append(names, file.name)
		if file.mode&0o077 != 0 || file.dirMode&0o077 != 0 {
			f.wrong = fmt.Sprintf("%s holds the minted token with mode %04o in a folder with mode %04o", file.name, file.mode, file.dirMode)
		}
	}
	if len(names) > 0 {
		f.minted = fmt.Sprintf("%d files, for the owner only", len(names))
		s.out.Note("files with the minted token: %s", strings.Join(names, ", "))
	}
	return []finding{f}, nil
}

type homeFile struct {
	name          string
	mode, dirMode fs.FileMode
}

// filesWith gives the files below the home that hold a secret.
func (s *story) filesWith(wanted coderplay.Secret) ([]homeFile, error) {
	var list []homeFile
	err := filepath.WalkDir(s.agent.Home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil || !wanted.In(content) {
			return err
		}
		file, err := os.Stat(path)
		if err != nil {
			return err
		}
		dir, err := os.Stat(filepath.Dir(path))
		if err != nil {
			return err
		}
		name, err := filepath.Rel(s.agent.Home, path)
		list = append(list, homeFile{name: name, mode: file.Mode().Perm(), dirMode: dir.Mode().Perm()})
		return err
	})
	return list, err
}

func (s *story) judgeText(place string, text []byte) finding {
	f := finding{place: place, minted: "none", admin: "none"}
	if s.minted.In(text) {
		f.minted, f.wrong = "FOUND", "the minted token is in it"
	}
	if s.admin.In(text) {
		f.admin, f.wrong = "FOUND", "the administrator's token is in it"
	}
	return f
}

// judgeJSON walks a state or plan and compares where the tokens are with where they may be.
func (s *story) judgeJSON(place string, text []byte) (finding, error) {
	f := finding{place: place, minted: "none", admin: "none"}
	var document any
	if err := json.Unmarshal(text, &document); err != nil {
		return f, fmt.Errorf("%s: %w", place, err)
	}
	seen := map[string]bool{}
	coderplay.WalkStrings(document, func(where, value string) {
		if s.admin.In([]byte(value)) {
			f.admin, f.wrong = where, "the administrator's token is at "+where
		}
		if !s.minted.In([]byte(value)) {
			return
		}
		if !seen[where] {
			seen[where] = true
			f.minted = strings.TrimPrefix(f.minted+", "+where, "none, ")
		}
		if !coderplay.TokenPlaces[where] {
			f.wrong = "the minted token is at " + where
		}
	})
	return f, nil
}
