use crate::record::{IssueId, Problem, SourceId};

record! {
    /// A row or value that could not be used as it stands; published instead of dropped.
    Issue: IssueId, in "issues" {
        /// The source.
        source_id: SourceId,
        /// The source's own key of the row, where it has one.
        source_key: Option<String>,
        /// SHA-256 of the capture, in hexadecimal.
        capture_sha256: String as Code,
        /// Where in the capture it stands.
        locator: String,
        /// What is wrong.
        problem: Problem,
        /// What is wrong, in words, and what became of the value.
        detail: String,
        /// The text in question, at most 200 characters.
        excerpt: Option<String>,
    }
}
