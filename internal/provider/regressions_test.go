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
	{"workers retry in step", []string{"registry/transport.TestBackoffGrowsWithinBounds"}},
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

func declares(t *testing.T, folder, test string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	declaration := regexp.MustCompile(`(?m)^func ` + regexp.QuoteMeta(test) + `\(t \*testing\.T\)`)
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
