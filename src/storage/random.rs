//! Numbers that nobody else has.

use std::hash::{BuildHasher, Hasher, RandomState};

/// A number that no other call gets, in this process or in another: the standard library seeds its
/// hash maps with random bytes of the system.
pub(super) fn number() -> u64 {
    RandomState::new().build_hasher().finish()
}
