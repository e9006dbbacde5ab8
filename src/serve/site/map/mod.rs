//! Maps: the states by what is on record in them, and the departments of one state.

mod albers;
mod outlines;
mod state;
mod states;

pub(in crate::serve) use state::state_map;
pub(super) use states::picture;
pub(in crate::serve) use states::{Shading, map};
