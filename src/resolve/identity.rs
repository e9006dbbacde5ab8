//! Ids of records: minted once, and from then on looked up.

use std::collections::{BTreeMap, HashMap};

use super::ResolveError;
use crate::record::{Identity, mint};

/// The ids given out so far, and those given out in this run.
#[derive(Debug, Default)]
pub(super) struct Identities {
    known: BTreeMap<(String, String), String>,
    owners: HashMap<String, String>,
}

impl Identities {
    /// Starts from those of the release before, which always win.
    pub(super) fn of(published: &[Identity]) -> Self {
        let mut identities = Self::default();
        for Identity { resource, mint_key, id } in published {
            identities.owners.entry(id.clone()).or_insert_with(|| mint_key.clone());
            identities.known.insert((resource.clone(), mint_key.clone()), id.clone());
        }
        identities
    }

    /// The id of `mint_key`, minted under `prefix` if it has none yet.
    pub(super) fn id(
        &mut self,
        resource: &str,
        prefix: &str,
        mint_key: &str,
    ) -> Result<String, ResolveError> {
        let key = (resource.to_owned(), mint_key.to_owned());
        if let Some(id) = self.known.get(&key) {
            return Ok(id.clone());
        }
        let id = mint(prefix, mint_key);
        // 50 bits: one in ten thousand at half a million records. Never silently share an id.
        let owner = self.owners.entry(id.clone()).or_insert_with(|| mint_key.to_owned());
        if owner != mint_key {
            return Err(ResolveError::IdTaken {
                id,
                mint_key: mint_key.to_owned(),
                owner: owner.clone(),
            });
        }
        self.known.insert(key, id.clone());
        Ok(id)
    }

    /// The id of `mint_key`, if it has one.
    pub(super) fn known(&self, resource: &str, mint_key: &str) -> Option<&str> {
        self.known.get(&(resource.to_owned(), mint_key.to_owned())).map(String::as_str)
    }

    /// The key that each id of a resource was minted from; of several the first.
    pub(super) fn keys_of(&self, resource: &str) -> HashMap<&str, &str> {
        let own = self.known.range((resource.to_owned(), String::new())..);
        let own = own.take_while(|((table, _), _)| table == resource);
        let mut keys = HashMap::new();
        for ((_, key), id) in own {
            keys.entry(id.as_str()).or_insert(key.as_str());
        }
        keys
    }

    /// All of them, in order.
    pub(super) fn into_list(self) -> Vec<Identity> {
        let list = self.known.into_iter();
        list.map(|((resource, mint_key), id)| Identity { resource, mint_key, id }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_id_always_wins() {
        let published = Identity {
            resource: "agencies".to_owned(),
            mint_key: "OH0020100".to_owned(),
            id: "agy_0000000000".to_owned(),
        };
        let mut identities = Identities::of(std::slice::from_ref(&published));
        assert_eq!(identities.id("agencies", "agy", "OH0020100").unwrap(), published.id);
        assert_eq!(identities.id("agencies", "agy", "NEW").unwrap(), mint("agy", "NEW"));
    }

    #[test]
    fn two_keys_never_share_an_id() {
        let taken = Identity {
            resource: "agencies".to_owned(),
            mint_key: "OTHER".to_owned(),
            id: mint("agy", "NEW"),
        };
        let mut identities = Identities::of(&[taken]);
        assert!(matches!(
            identities.id("agencies", "agy", "NEW"),
            Err(ResolveError::IdTaken { .. })
        ));
    }
}
