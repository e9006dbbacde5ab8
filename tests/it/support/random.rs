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

    /// Numbers by the seed that an environment variable gives, else always the same.
    pub(crate) fn fixed(variable: &'static str) -> Self {
        if std::env::var_os(variable).is_some() {
            return Self::of(variable);
        }
        Self { variable, seed: 1, state: 1 }
    }

    /// A whole number from 0 up to `end`, which is not 0.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a share of a small number is one of those below it"
    )]
    pub(crate) fn below(&mut self, end: usize) -> usize {
        ((self.share() * end as f64) as usize).min(end - 1)
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
