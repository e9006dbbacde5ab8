//! How much of something each client has at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::client::Client;

/// Counts what each client has. Cheap to clone.
#[derive(Clone)]
pub(super) struct Places {
    taken: Arc<Mutex<HashMap<Client, u32>>>,
    each: u32,
}

impl Places {
    /// Of each client `each` at most.
    pub(super) fn new(each: u32) -> Self {
        Self { taken: Arc::default(), each }
    }

    /// A place, until it is dropped; `None` where the client has as many as it may.
    pub(super) fn take(&self, client: Client) -> Option<Taken> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let has = taken.entry(client).or_insert(0);
        // One that was just put there is below any bound.
        if *has >= self.each {
            return None;
        }
        *has += 1;
        Some(Taken { of: self.clone(), client })
    }
}

/// A place of a client, until it is dropped.
pub(super) struct Taken {
    of: Places,
    client: Client,
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut taken = self.of.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(has) = taken.get_mut(&self.client) {
            *has -= 1;
            // What nobody has is not remembered, so that the map is no larger than what is taken.
            if *has == 0 {
                taken.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_so_many_and_what_is_given_back_is_forgotten() {
        let places = Places::new(2);
        let client = |number: u8| Client::of([127, 0, 0, number].into());
        let held = [places.take(client(1)).unwrap(), places.take(client(1)).unwrap()];
        assert!(places.take(client(1)).is_none());
        let other = places.take(client(2)).unwrap();
        drop(held);
        assert!(places.take(client(1)).is_some());
        drop(other);
        assert!(places.taken.lock().unwrap().is_empty());
    }
}
