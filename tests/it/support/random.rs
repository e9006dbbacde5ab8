//! Numbers that look random and come again with their seed (splitmix64).

use std::time::Duration;

/// The numbers; its debug form tells how to have them again.
pub(crate) struct Random {
    variable: &'static str,
    seed: u64,
    state: u64,
}

impl std::fmt::Debug for Random {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={} repeats it", self.variable, self.seed)
    }
}

impl Random {
    /// Numbers by the seed that an environment variable gives, else by the clock. Printed.
    pub(crate) fn of(variable: &'static str) -> Self {
        let seed = std::env::var_os(variable).map_or_else(
            || std::time::UNIX_EPOCH.elapsed().unwrap().subsec_nanos().into(),
            |seed| seed.into_string().unwrap().parse().unwrap(),
        );
        let random = Self { variable, seed, state: seed };
        eprintln!("{random:?}");
        random
    }

    /// A number from 0 up to 1.
    pub(crate) fn share(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Duration::from_nanos((mixed ^ (mixed >> 31)) % 1_000_000_000).as_secs_f64()
    }
}
