package provider_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// regressions are the known defects of providers in this field and the tests that keep each of them out of this one. A
// test that is renamed or removed fails TestRegressionsAreTested.
var regressions = []struct {
	defect string
	tests  []string // folder below internal, and name
}{
	{"a token with an expiry fails its own apply", []string{"token.TestTokenLifecycle", "token.TestExpiryIsNeverAnAccident"}},
	{"an expiry that was left out becomes a token without an end", []string{"registry/artifactory.TestMintSendsOnlyWhatIsSet", "token.TestTokenNever"}},
	{"a token below the server's persistency threshold is made again at every apply", []string{"token.TestTokenTooShortToBeStored"}},
	{"an expired token stays healthy for ever", []string{"token.TestTokenRotation", "token.TestDue"}},
	{"importing a user and giving a password destroys the user", []string{"user.TestUserImportChangesNoPassword"}},
	{"the password is sent with every change of anything", []string{"user.TestUserPassword", "user.TestPatchSendsOnlyChanges"}},
	{"a POST whose answer got lost is sent again", []string{"registry/transport.TestLostAnswer", "registry/connect.TestLostMint", "token.TestTokenLostAnswer"}},
	{"any transport error of any method is tried again", []string{"registry/transport.TestRetryMatrix"}},
	{"workers retry in step", []string{"registry/transport.TestBackoffIsRandom", "registry/transport.TestBackoffGrowsWithinBounds"}},
	{"Retry-After is cut short", []string{"registry/transport.TestRetryAfterLongerThanTheDeadline", "registry/transport.TestParseRetryAfter"}},
	{"a minted token is lost when reading it back fails", []string{"token.TestTokenReadBackFails"}},
	{"an object is made, a second request fails, and the state is empty", []string{"user.TestUserSecondStepFails", "group.TestGroupLostAnswer", "permission.TestPermissionLostAnswer"}},
	{"a look-up by name sees the first page only", []string{"registry/connect.TestExactNamesAmongMany", "registry/artifactkeeper.TestFindReadsAllPages"}},
	{"a large group is read by its first page", []string{"registry/connect.TestLargeGroup", "registry/artifactkeeper.TestMembersInPages"}},
	{"values that change by themselves are kept in the state", []string{"provider.TestSchemaHasNothingVolatile"}},
	{"sets are lists, and their order drifts", []string{"provider.TestSchemaHasNoOrderedSets"}},
	{"a body that could not be read counts as an answer", []string{"registry/transport.TestAnswersThatCannotBeBelieved"}},
	{"answers are repeated in error texts", []string{"registry/transport.TestErrorsNeverRepeatSecrets"}},
	{"debug logs show tokens and passwords", []string{"registry/transport.TestLog"}},
	{"requests outlive the operation they belong to", []string{"registry/transport.TestCancellation"}},
	{"configuring asks for versions and sends telemetry", []string{"provider.TestProviderConfigureMakesNoRequest"}},
	{"deleting what is gone fails", []string{"membership.TestMembershipDeleteOfTheAbsent", "token.TestTokenRevokeFaults"}},
	{"a proxy's 404 empties the state", []string{"registry/transport.TestAbsenceIsConfirmedOnce", "provider.TestProviderHTMLInTheWay"}},
	{"every failure has the same words", []string{"tfkit.TestExplainByKind", "tfkit.TestAddErrorSaysEverything"}},
	{"lengths and forms are found out by the server in the middle of an apply", []string{"permission.TestPermissionBadInput", "group.TestGroupBadInput", "user.TestUserBadInput", "registry/artifactkeeper.TestNamesTooLongAreNotSent"}},
	{"an argument changes in place in the state and not on the server", []string{"provider.TestEveryResourceLeadsALife"}},
	{"every edge of a group costs a reading of the group", []string{"provider.TestRefreshBudget"}},
	{"unchanged sections of a permission are written again", []string{"permission.TestPermissionWritesOnlyWhatChanged"}},
	{"null and empty patterns and principals drift", []string{"permission.TestFromAPIKeepsNullAndEmpty"}},
	{"ordinary users are kept from groups that join themselves or come from a directory", []string{"group.TestGroupMembersNotManaged", "group.TestGroupOwnedBySignOn"}},
	{"zero members cannot be said", []string{"membership.TestMembersIsAuthoritative"}},
	{"one credential's environment reaches another server", []string{"provider.TestCredentialBelongsToItsServer"}},
	{"a credential with a line break is printed by the HTTP library", []string{"provider.TestCredentialIsTrimmed", "registry/transport.TestConfigIsCheckedWithoutPrintingSecrets"}},
	{"a list that fails looks empty", []string{"user.TestUserListErrors", "group.TestGroupListErrors", "permission.TestPermissionListErrors", "token.TestTokenListErrors"}},
	{"opening an ephemeral token leaves one behind", []string{"token.TestEphemeralToken"}},
}

func TestRegressionsAreTested(t *testing.T) {
	t.Parallel()
	for _, r := range regressions {
		for _, name := range r.tests {
			folder, test, _ := strings.Cut(name, ".")
			if !declares(t, filepath.Join("..", filepath.FromSlash(folder)), test) {
				t.Errorf("%s: there is no %s in internal/%s", r.defect, test, folder)
			}
		}
	}
}

// A guard in CONTRIBUTING.md without its test would hold nothing.
func TestGuardsAreTested(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "## Guards and the tests that hold them")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := 0
	for line := range strings.SplitSeq(section, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || strings.HasPrefix(cells[1], "-") || strings.Contains(cells[3], " test ") {
			continue
		}
		rows++
		names := regexp.MustCompile("`([a-z/]+)\\.((?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(cells[3], -1)
		if len(names) == 0 {
			t.Errorf("%s: no test", cells[1])
		}
		for _, name := range names {
			folders, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(name[1])))
			nested, err2 := filepath.Glob(filepath.Join("..", "registry", filepath.FromSlash(name[1])))
			if err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
			if !slices.ContainsFunc(append(folders, nested...), func(folder string) bool { return declares(t, folder, name[2]) }) {
				t.Errorf("%s: there is no %s in %s", cells[1], name[2], name[1])
			}
		}
	}
	if !found || rows < 20 {
		t.Errorf("%d guards", rows)
	}
}

func declares(t *testing.T, folder, test string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	declaration := regexp.MustCompile(`(?m)^func ` + regexp.QuoteMeta(test) + `\([tf] \*testing\.[TF]\)`)
	return slices.ContainsFunc(files, func(file string) bool {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return declaration.Match(source)
	})
}

// What the server changes by itself would show as drift at every refresh; lists of tokens and people are for that.
func TestSchemaHasNothingVolatile(t *testing.T) {
	t.Parallel()
	for name, s := range schemas(t).ResourceSchemas {
		for _, a := range s.Block.Attributes {
			if strings.HasPrefix(a.Name, "last_") || strings.HasSuffix(a.Name, "_count") || a.Name == "updated_at" || a.Name == "modified_at" {
				t.Errorf("%s.%s changes by itself", name, a.Name)
			}
		}
	}
}

// Neither registry keeps an order of names, actions or scopes.
func TestSchemaHasNoOrderedSets(t *testing.T) {
	t.Parallel()
	for name, s := range schemas(t).ResourceSchemas {
		for _, a := range s.Block.Attributes {
			if a.Type != nil && a.Type.Is(tftypes.List{}) {
				t.Errorf("%s.%s is a list, and nothing here has an order", name, a.Name)
			}
		}
	}
}
