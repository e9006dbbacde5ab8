//! The files beside the pages: a style sheet, a script and an icon. They are in the program, each at
//! an address that holds its hash, so that a browser keeps it for ever.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// A file beside the pages.
pub(in crate::serve) struct Asset {
    /// Its name, with a part of its hash before the suffix.
    pub(in crate::serve) name: String,
    /// Its media type.
    pub(in crate::serve) media_type: &'static str,
    /// Its bytes.
    pub(in crate::serve) bytes: &'static [u8],
}

/// The style sheet of every page.
pub(super) static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    asset("site", "css", "text/css; charset=utf-8", include_bytes!("assets/site.css"))
});

/// The script of every page. All pages do without it.
pub(super) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    asset("site", "js", "text/javascript; charset=utf-8", include_bytes!("assets/site.js"))
});

/// The icon of the site.
pub(super) static ICON: LazyLock<Asset> =
    LazyLock::new(|| asset("icon", "svg", "image/svg+xml", include_bytes!("assets/icon.svg")));

fn all() -> [&'static Asset; 3] {
    [&*STYLE, &*SCRIPT, &*ICON]
}

/// The file of that name.
pub(in crate::serve) fn named(name: &str) -> Option<&'static Asset> {
    all().into_iter().find(|asset| asset.name == name)
}

/// The address of the file that stands for one of another hash.
pub(in crate::serve) fn like(name: &str) -> Option<String> {
    let sort = |name: &str| {
        let (stem, rest) = name.split_once('-')?;
        let (_, suffix) = rest.rsplit_once('.')?;
        Some((stem.to_owned(), suffix.to_owned()))
    };
    let wanted = sort(name)?;
    all()
        .into_iter()
        .find(|asset| sort(&asset.name).is_some_and(|own| own == wanted))
        .map(Asset::address)
}

impl Asset {
    /// Its address, from the root of the host.
    pub(super) fn address(&self) -> String {
        format!("/assets/{}", self.name)
    }
}

fn asset(stem: &str, suffix: &str, media_type: &'static str, bytes: &'static [u8]) -> Asset {
    let hash = URL_SAFE_NO_PAD.encode(&Sha256::digest(bytes)[..9]);
    Asset { name: format!("{stem}-{hash}.{suffix}"), media_type, bytes }
}
