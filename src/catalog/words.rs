//! The catalog's closed vocabularies.

words! {
    /// How a source is doing.
    Health {
        /// It answered, and its newest edition is as recent as it should be.
        Ok = "ok",
        /// It answers, but its newest edition is older than it should be.
        Stale = "stale",
        /// The last attempt to fetch or read it failed.
        Failing = "failing",
        /// It answers, and is known to change no more.
        Frozen = "frozen",
    }
}

words! {
    /// What started a run.
    RunKind {
        /// Every source was looked at.
        Refresh = "refresh",
        /// An edition saved earlier was read from a file.
        Import = "import",
        /// A person released a held candidate.
        Accept = "accept",
        /// Releases were copied from another host.
        Mirror = "mirror",
        /// A person had a record redacted.
        Redact = "redact",
    }
}

words! {
    /// What became of a run.
    RunOutcome {
        /// It has not ended yet.
        Running = "running",
        /// Nothing had changed, so there is no release.
        Unchanged = "unchanged",
        /// It published a release.
        Published = "published",
        /// A gate held its candidate.
        Held = "held",
        /// It could not be brought to an end.
        Failed = "failed",
        /// Its process went away, as a later leader noticed.
        Interrupted = "interrupted",
    }
}

words! {
    /// What became of a candidate that a gate refused.
    HeldState {
        /// It waits for a person.
        Held = "held",
        /// A person released it.
        Accepted = "accepted",
        /// A person refused it for good.
        Discarded = "discarded",
    }
}
