//! Archives: nothing is unpacked beyond the bound, whatever they claim.

use porchlight::parse::zip::{ZipError, single_text};

/// Bytes at most; few, so that a bomb of a few bytes reaches them.
const BOUND: u64 = 1 << 16;

pub(crate) fn check(bytes: &[u8]) {
    let whole = single_text(bytes, BOUND);
    let Ok(Some(text)) = &whole else {
        if let Err(ZipError::TooLarge { limit }) = whole {
            assert_eq!(limit, BOUND);
        }
        return;
    };
    let size = text.len() as u64;
    assert!(size <= BOUND);
    let exact = single_text(bytes, size).expect("it fits its own size").expect("an archive");
    assert_eq!(&exact, text);
    if let Some(less) = size.checked_sub(1) {
        let refused = single_text(bytes, less);
        assert!(matches!(refused, Err(ZipError::TooLarge { limit }) if limit == less));
    }
}
