package artifactory_test

import (
	"slices"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport/transporttest"
)

func TestGroupCreateTrustsACompleteAnswer(t *testing.T) {
	t.Parallel()
	const create, members = "POST /access/api/v2/groups", "PATCH /access/api/v2/groups/team/members"
	for name, tc := range map[string]struct {
		answer string
		sent   []string
	}{
		"members answered":  {`{"name":"team","members":["bob","alice"]}`, []string{create}},
		"members left out":  {`{"name":"team"}`, []string{create}},
		"members not taken": {`{"name":"team","members":["alice"]}`, []string{create, members}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s := script(t, scripted{create: {{Status: 201, Body: tc.answer}}, members: {ok(`{"members":["alice","bob"]}`)}})
			g, err := r.Groups.Create(t.Context(), registry.GroupSpec{Name: "team", Members: []string{"alice", "Bob"}})
			if err != nil || len(g.Members) != 2 {
				t.Errorf("%+v %v", g, err)
			}
			s.WantSent(t, tc.sent...)
			s.WantBody(t, 0, `{"name":"team","members":["alice","Bob"]}`)
			if len(tc.sent) == 2 {
				s.WantBody(t, 1, `{"add":["Bob"]}`)
			}
		})
	}
}

func TestGroupUpdateAndMembers(t *testing.T) {
	t.Parallel()
	const group = "PATCH /access/api/v2/groups/team"
	r, s := script(t, scripted{
		group: {ok(`{"name":"team","realm":"ldap","realm_attributes":"x=y"}`)}, group + "/members": {ok(`{"members":[]}`)},
	})
	yes := true
	g, err := r.Groups.Update(t.Context(), "team", registry.GroupSpec{
		Name: "team", Members: []string{"ignored"}, Artifactory: &registry.ArtifactoryGroupPatch{AutoJoin: &yes},
	})
	if err != nil || g.ExternalSource != "ldap" || g.Members != nil || g.Artifactory.RealmAttributes != "x=y" {
		t.Errorf("%+v %v", g, err)
	}
	s.WantBody(t, 0, `{"description":"","auto_join":true}`)
	for _, change := range [][2][]string{{{"a"}, nil}, {nil, {"b"}}, {{"a"}, {"b", "A"}}, {nil, nil}} {
		if err := r.Groups.ChangeMembers(t.Context(), "team", change[0], change[1]); err != nil {
			t.Fatal(err)
		}
	}
	s.WantSent(t, group, group+"/members", group+"/members", group+"/members")
	s.WantBody(t, 1, `{"add":["a"]}`)
	s.WantBody(t, 2, `{"remove":["b"]}`)
	s.WantBody(t, 3, `{"add":["a"],"remove":["b"]}`)
}

func TestPermissionForms(t *testing.T) {
	t.Parallel()
	const create, read = "POST /access/api/v2/permissions", "GET /access/api/v2/permissions/p"
	r, s := script(t, scripted{
		create: {transporttest.Text(201, "created")},
		read: {ok(`{"name":"p","created_by":"x","resources":{"artifact":{"actions":{"users":{"alice":["WRITE","READ"]},"groups":null},
			"targets":{"ANY-LOCAL":{"include_patterns":null,"exclude_patterns":null},"b":{"include_patterns":["x/**"]}}},"build":{"actions":{},"targets":{}}}}`)},
	})
	p, err := r.Permissions.Create(t.Context(), registry.PermissionSpec{
		Name: "p", Repositories: []string{"any local"}, Users: map[string][]string{"alice": {"write", "READ", "read"}, "bob": nil},
	})
	if err != nil || !slices.Equal(p.Users["alice"], []string{"read", "write"}) || !slices.Equal(p.Repositories, []string{"ANY LOCAL"}) {
		t.Errorf("%+v %v", p, err)
	}
	s.WantBody(t, 0, `{"name":"p","resources":{"artifact":{"actions":{"users":{"alice":["READ","WRITE"],"bob":[]},"groups":{}},
		"targets":{"ANY LOCAL":{"include_patterns":["**"],"exclude_patterns":[]}}}}}`)
	p, err = r.Permissions.Get(t.Context(), "p")
	if err != nil || !slices.Equal(p.Repositories, []string{"ANY LOCAL", "b"}) || p.Groups == nil || p.Artifactory.Builds != nil ||
		!slices.Equal(p.Artifactory.IncludePatterns, []string{"**", "x/**"}) || len(p.Artifactory.ExcludePatterns) != 0 || !p.Uneven {
		t.Errorf("%+v %+v %v", p, p.Artifactory, err)
	}
}

func TestPermissionOfUnknownNames(t *testing.T) {
	t.Parallel()
	const section, read = "PUT /access/api/v2/permissions/p/artifact", "GET /access/api/v2/permissions/p"
	prior := registry.PermissionSpec{Name: "p", Repositories: []string{"a"}}
	next := registry.PermissionSpec{Name: "p", Repositories: []string{"missing"}}
	r, _ := script(t, scripted{section: {refuse(404, notFound)}, read: {ok(`{"name":"p","resources":{}}`)}})
	_, err := r.Permissions.Update(t.Context(), prior, next)
	wantKind(t, err, registry.KindInvalid)
	r, _ = script(t, scripted{section: {refuse(404, notFound)}, read: {gone("Permission p")}})
	_, err = r.Permissions.Update(t.Context(), prior, next)
	wantKind(t, err, registry.KindNotFound)
	r, _ = script(t, scripted{"POST /access/api/v2/permissions": {refuse(404, notFound)}})
	_, err = r.Permissions.Create(t.Context(), next)
	wantKind(t, err, registry.KindInvalid)
}

func TestRepositoryAnswers(t *testing.T) {
	t.Parallel()
	const one, all = "GET /artifactory/api/repositories/npm-local", "GET /artifactory/api/repositories"
	unknown := refuse(400, `{"errors":[{"status":400,"message":"Bad Request"}]}`)
	for name, tc := range map[string]struct {
		reply reply
		want  registry.Kind
		list  []reply
	}{
		"in the list":      {unknown, registry.KindInvalid, []reply{ok(`[{"key":"npm-local"}]`)}},
		"in the list then": {unknown, registry.KindInvalid, []reply{ok(`[]`), ok(`[{"key":"npm-local"}]`)}},
		"no list":          {unknown, registry.KindInvalid, []reply{ok(`null`)}},
		"list of nameless": {unknown, registry.KindInvalid, []reply{ok(`[{}]`)}},
		"another one":      {ok(`{"key":"go-local","rclass":"local","packageType":"go"}`), registry.KindWrongEndpoint, nil},
		"unknown":          {unknown, registry.KindNotFound, []reply{ok(`[{"key":"go-local"}]`)}},
		"unknown, as 404":  {refuse(404, `{"errors":[{"status":404,"message":"Not Found"}]}`), registry.KindNotFound, []reply{ok(`[]`)}},
		"free edition":     {refuse(400, `{"errors":[{"status":400,"message":"This REST API is available only in Artifactory Pro"}]}`), registry.KindUnsupported, nil},
		"somebody else":    {refuse(404, `{"errors":[{"code":"NOT_FOUND","message":"x"}]}`), registry.KindWrongEndpoint, nil},
		"foreign refusal":  {transporttest.Text(400, "bad request"), registry.KindInvalid, nil},
		"vendor json type": {reply{Status: 200, Body: `{"key":"npm-local","rclass":"local","packageType":"npm"}`, ContentType: "application/vnd.org.jfrog.artifactory.repositories.LocalRepositoryConfiguration+json"}, registry.KindUnknown, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := script(t, scripted{one: {tc.reply}, all: tc.list})
			if _, err := r.Repositories.Get(t.Context(), "npm-local"); registry.KindOf(err) != tc.want {
				t.Errorf("%v, want kind %d", err, tc.want)
			}
		})
	}
}
