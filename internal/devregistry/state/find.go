package state

import "slices"

// The finders below return nil when nothing matches. What they return belongs to the state: use it inside the
// transaction only.

// UserByID finds a user by its UUID.
func (s *State) UserByID(id string) *User {
	return first(s.Users, func(u *User) bool { return u.ID == id })
}

// UserByName finds a user by its exact name.
func (s *State) UserByName(name string) *User {
	return first(s.Users, func(u *User) bool { return u.Username == name })
}

// GroupByID finds a group by its UUID.
func (s *State) GroupByID(id string) *Group {
	return first(s.Groups, func(g *Group) bool { return g.ID == id })
}

// GroupByName finds a group by its exact name.
func (s *State) GroupByName(name string) *Group {
	return first(s.Groups, func(g *Group) bool { return g.Name == name })
}

// GroupsOf lists the groups a user is a member of, in order of their creation.
func (s *State) GroupsOf(userID string) []*Group {
	var groups []*Group
	for _, g := range s.Groups {
		if g.HasMember(userID) {
			groups = append(groups, g)
		}
	}
	return groups
}

// HasMember tells whether the user is in the group.
func (g *Group) HasMember(userID string) bool {
	return slices.ContainsFunc(g.Members, func(m Member) bool { return m.UserID == userID })
}

// RemoveMember takes the user out of the group and tells whether it was in.
func (g *Group) RemoveMember(userID string) bool {
	before := len(g.Members)
	g.Members = slices.DeleteFunc(g.Members, func(m Member) bool { return m.UserID == userID })
	return len(g.Members) < before
}

// TokenByID finds a token by its UUID, a revoked one included.
func (s *State) TokenByID(id string) *Token {
	return first(s.Tokens, func(t *Token) bool { return t.ID == id })
}

// RepositoryByKey finds a repository by its key.
func (s *State) RepositoryByKey(key string) *Repository {
	return first(s.Repositories, func(r *Repository) bool { return r.Key == key })
}

// TargetByName finds an Artifactory permission by its exact name.
func (s *State) TargetByName(name string) *PermissionTarget {
	return first(s.Targets, func(t *PermissionTarget) bool { return t.Name == name })
}

func first[T any](list []*T, match func(*T) bool) *T {
	for _, item := range list {
		if match(item) {
			return item
		}
	}
	return nil
}
