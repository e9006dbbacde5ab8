//! Where a redirect may lead.

use url::Url;

use crate::config::{check_outgoing, is_loopback};
use crate::fetch::error::{FetchError, RefusedRedirect, shown, shown_text};

/// The URL a redirect leads to, if it is one to which requests are sent.
///
/// `first` is the URL somebody configured: only where that is this machine may a redirect lead to
/// this machine.
pub(super) fn target(first: &Url, at: &Url, location: Option<&str>) -> Result<Url, FetchError> {
    let refused =
        |to: &str, why| FetchError::RedirectRefused { url: shown(at), to: shown_text(to), why };
    let Some(location) = location else { return Err(refused("nowhere", RefusedRedirect::Nowhere)) };
    let Ok(to) = at.join(location) else {
        return Err(refused(location, RefusedRedirect::Nowhere));
    };
    let to = check_outgoing(to.as_str()).map_err(|why| refused(to.as_str(), why.into()))?;
    if is_loopback(&to) && !is_loopback(first) {
        return Err(refused(to.as_str(), RefusedRedirect::ToThisMachine));
    }
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RefusedUrl;

    fn follow(first: &str, location: &str) -> Result<String, RefusedRedirect> {
        let first = Url::parse(first).unwrap();
        match target(&first, &first, Some(location)) {
            Ok(to) => Ok(to.to_string()),
            Err(FetchError::RedirectRefused { why, .. }) => Err(why),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_redirect_stays_on_the_internet_and_on_https() {
        let first = "https://example.org/a/b?k=1";
        assert_eq!(follow(first, "c").unwrap(), "https://example.org/a/c");
        assert_eq!(follow(first, "//example.net/").unwrap(), "https://example.net/");
        for (location, why) in [
            ("http://example.org/", RefusedUrl::Scheme),
            ("https://169.254.169.254/", RefusedUrl::PrivateAddress),
            ("https://[fe80::1]/", RefusedUrl::PrivateAddress),
            ("https://192.168.1.1/", RefusedUrl::PrivateAddress),
            ("https://0/", RefusedUrl::PrivateAddress),
            ("file:///etc/passwd", RefusedUrl::Malformed),
            ("https://u:p@example.org/", RefusedUrl::Credentials),
        ] {
            assert_eq!(follow(first, location), Err(RefusedRedirect::Target(why)), "{location}");
        }
        for location in ["https://127.0.0.1/", "http://localhost:80/", "https://[::1]/"] {
            assert_eq!(follow(first, location), Err(RefusedRedirect::ToThisMachine), "{location}");
        }
    }

    #[test]
    fn this_machine_may_redirect_to_itself_and_to_the_internet_only() {
        let first = "http://127.0.0.1:9000/";
        assert!(follow(first, "/b").is_ok());
        assert!(follow(first, "http://localhost:9001/").is_ok());
        assert!(follow(first, "https://example.org/").is_ok());
        assert!(follow(first, "http://169.254.169.254/").is_err());
        assert!(follow(first, "https://10.0.0.1/").is_err());
    }
}
