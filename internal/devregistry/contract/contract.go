// Package contract is what the two registries promise on the wire, as data: requests and the answers they must get. The
// same files run against the embedded registry in every test run and against a real server on demand, so that a
// difference found once stays found.
//
// The files are written in the manner of Hurl (hurl.dev), which needs no knowledge of this project to read: a request, the
// status it must get, what to remember of the answer, and conditions on it. What the runner knows of that language is in
// parse.go, term.go and predicate.go; it refuses everything else. Some comments mean something here:
//
//	## NAME                begins a case; its name is what CHECKLIST.md refers to
//	#! needs: REASON       on a case, or above the first one for the whole file: what a live server does not have for sure
//	#! undo: METHOD /PATH  after an entry: how to remove what it made; run at the end, last first, pass or fail
//	#! server: OPTION      above the first case: a switch the embedded registry is started with; "directory" starts a
//	                       directory too, and gives the file {{directory}}, {{reader}} and {{reader_password}}
//
// Variables every file may use are url, admin (an administrator's token) and prefix, which starts the name of every
// object that is made; what a case captures is there for all later ones.
package contract

// File is one area of the contract.
type File struct {
	// Name is the path below testdata without its suffix, such as "artifactory/tokens".
	Name string
	// Server are the switches the embedded registry is started with.
	Server []string
	// Needs is why the whole file cannot run against any server.
	Needs []string
	Cases []*Case
}

// Case is a named run of requests.
type Case struct {
	Name    string
	Needs   []string
	Entries []*Entry
}

// Entry is one request and what its answer must be.
type Entry struct {
	Line           int
	Method, Target string
	Headers        []Pair
	Query, Form    []Pair
	// User is the name and password of Basic authentication.
	User   *Pair
	Body   *string
	Repeat int

	Status   int
	Want     []Pair // headers the answer must have, by exact value
	Captures []Capture
	Asserts  []Assert
	// Undo are requests that remove what this one made, as "METHOD /path".
	Undo []string
}

// Pair is a header, a form field or a query parameter.
type Pair struct{ Name, Value string }

// Capture names a value of an answer.
type Capture struct {
	Name string
	Term Term
}

// Assert is a condition on an answer.
type Assert struct {
	Line  int
	Text  string
	Term  Term
	Check Predicate
}
