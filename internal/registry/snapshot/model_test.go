package snapshot_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/snapshot"
)

// account is the model of one account: which version its writes have begun and which they have finished. Odd versions
// are deletions. It is written by its own id or, if aside, through an object of another kind, so that only the generations
// know of it.
type account struct {
	aside          bool
	write          sync.Mutex // Terraform writes an object from one place at a time
	begun, settled atomic.Int64
}

func exists(version int64) bool { return version%2 == 0 }

var errList = errors.New("the list failed")

// TestRandomInterleavings writes and reads accounts from many goroutines. Whatever the order, a read that begins after a
// write has ended shows that write or a later one, and no read shows a write that has not begun. Callers who give up and
// lists that fail, are too long or lack an account do no harm.
func TestRandomInterleavings(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			play(t, seed)
		})
	}
}

func play(t *testing.T, seed uint64) {
	t.Helper()
	const accounts, actors, steps = 8, 8, 150
	random := rand.New(rand.NewPCG(seed, 0))
	s := newServer(accounts)
	s.pages = 1 + random.IntN(30)
	s.hidden["user-1"] = seed%5 == 4 // from lists
	listsFail := seed%4 == 3
	s.before = func(_ context.Context, request string) error {
		for range rand.IntN(5) {
			runtime.Gosched()
		}
		if listsFail && request == "page" && rand.IntN(40) == 0 {
			return errList
		}
		return nil
	}
	reg := s.open(random.IntN(2 * snapshot.DefaultDirect))
	model := make([]account, accounts)
	for at := range model {
		model[at].aside = at%4 > 0
	}

	var group sync.WaitGroup
	for actor := range uint64(actors) {
		group.Go(func() {
			random := rand.New(rand.NewPCG(seed, actor+1))
			writes := int(seed%3) * 4 // per cent: from a plan, which never writes, to an apply
			for range steps {
				at := random.IntN(accounts)
				if random.IntN(100) < writes {
					model[at].change(t, reg, at)
				} else {
					model[at].check(t, reg, at, random.IntN(20) == 0)
				}
			}
		})
	}
	group.Wait()
	for at := range model {
		model[at].check(t, reg, at, false)
	}
	if writes := s.count("update") + s.count("delete"); writes == 0 && !listsFail {
		if gets := s.count("get"); gets >= actors*steps/2 {
			t.Errorf("%d of %d reads went to the server although nothing was written", gets, actors*steps)
		}
	}
}

// change deletes an account that is there, and makes one that is not.
func (a *account) change(t *testing.T, reg *registry.Registry, at int) {
	a.write.Lock()
	defer a.write.Unlock()
	id, version := fmt.Sprintf("user-%d", at), a.begun.Add(1)
	text := strconv.FormatInt(version, 10)
	var err error
	switch {
	case a.aside && exists(version):
		err = reg.Groups.ChangeMembers(t.Context(), id, []string{text}, nil)
	case a.aside:
		err = reg.Groups.ChangeMembers(t.Context(), id, nil, []string{text})
	case exists(version):
		_, err = reg.Users.Update(t.Context(), id, email(text))
	default:
		err = reg.Users.Delete(t.Context(), id)
	}
	if err != nil {
		t.Error(err)
	}
	a.settled.Store(version)
}

// check reads an account, perhaps by a caller who gives up, and holds it against the model.
func (a *account) check(t *testing.T, reg *registry.Registry, at int, givesUp bool) {
	ctx, cancel := context.WithCancel(registry.Refreshing(t.Context()))
	defer cancel()
	if givesUp {
		go cancel()
	}
	least := a.settled.Load()
	user, err := reg.Users.Get(ctx, fmt.Sprintf("user-%d", at))
	most := a.begun.Load()
	switch {
	case givesUp && errors.Is(err, context.Canceled):
	case registry.IsNotFound(err):
		if least == most && exists(most) {
			t.Errorf("account %d is said to be gone, and version %d of it is there", at, most)
		}
	case err != nil:
		t.Errorf("account %d: %v", at, err)
	default:
		version, err := strconv.ParseInt(user.Email, 10, 64)
		if err != nil || version < least || version > most {
			t.Errorf("account %d: read version %d, want one of %d to %d", at, version, least, most)
		}
	}
}
