package state

import (
	"crypto/sha256"
	"crypto/subtle"

	"golang.org/x/crypto/bcrypt"
)

// Digest is what the store keeps of an opaque token value. Such values are long and random, so a plain digest is as
// good as a slow hash and keeps look-ups by value cheap.
func Digest(value string) []byte {
	sum := sha256.Sum256([]byte(value))
	return sum[:]
}

// MatchesDigest tells whether value is what digest was made of; an empty digest matches nothing.
func MatchesDigest(digest []byte, value string) bool {
	return len(digest) > 0 && subtle.ConstantTimeCompare(digest, Digest(value)) == 1
}

// HashPassword hashes a password with bcrypt at its lowest cost: the store guards test data, and suites sign in often.
// It fails for passwords over bcrypt's 72 bytes.
func HashPassword(password string) ([]byte, error) {
	return bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
}

// CheckPassword tells whether password is the user's. A user without a password has none that fits.
func (u *User) CheckPassword(password string) bool {
	return len(u.PasswordHash) > 0 && bcrypt.CompareHashAndPassword(u.PasswordHash, []byte(password)) == nil
}
