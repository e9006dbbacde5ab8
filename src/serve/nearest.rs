//! The name that was probably meant.

/// How like a name must be to be offered for it.
const ALIKE: f64 = 0.75;

/// Bytes of a name above which no other is looked for that is like it.
const LONGEST_COMPARED: usize = 64;

/// The name most like this one, if any is like it.
pub(super) fn nearest(name: &str, names: &[String]) -> Option<String> {
    if name.len() > LONGEST_COMPARED {
        return None;
    }
    let alike = |known: &String| strsim::damerau_levenshtein(name, known);
    let best = names.iter().min_by_key(|known| alike(known))?;
    let near = alike(best) <= 2 && best.len() > 2;
    (near || strsim::jaro_winkler(name, best) >= ALIKE).then(|| best.clone())
}
